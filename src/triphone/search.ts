// The most likely phones of an utterance under densities of tied states, durations and a phone language model: Viterbi
// with a beam over the context graph.
import type { Durations } from './alignment.js';
import type { ContextGraph } from './graph.js';
import type { UtteranceDensities } from './mixtures.js';

export interface SearchOptions {
  /** Factor on the densities. */
  readonly acousticScale: number;
  /** Natural-log distance to the best hypothesis at which others are dropped. */
  readonly beam: number;
  /** Hypotheses of a frame that go on, about; the beam narrows where there are more. */
  readonly maxActive?: number;
}

export interface FoundPhones {
  /** Silence is the number of phones. */
  readonly phones: Int32Array;
  /** First frame after each. */
  readonly ends: Int32Array;
  /** Natural log of the best path: scaled densities, durations and language model. -Infinity where there is none. */
  readonly score: number;
}

/** Hypotheses of one frame: scores [places, chain], and the record of what came before. */
class Frontier {
  score = new Float64Array(0);
  record = new Int32Array(0);
  listed = new Uint8Array(0);
  readonly places: number[] = [];

  constructor(private readonly chain: number) {}

  grow(places: number): void {
    if (this.listed.length >= places) return;
    const size = 2 * places;
    const score = new Float64Array(size * this.chain).fill(-Infinity);
    score.set(this.score);
    this.score = score;
    const record = new Int32Array(size * this.chain);
    record.set(this.record);
    this.record = record;
    const listed = new Uint8Array(size);
    listed.set(this.listed);
    this.listed = listed;
  }

  offer(place: number, c: number, value: number, record: number): void {
    const at = place * this.chain + c;
    if (value <= this.score[at]!) return;
    this.score[at] = value;
    this.record[at] = record;
    if (this.listed[place] === 1) return;
    this.listed[place] = 1;
    this.places.push(place);
  }

  clear(): void {
    for (const place of this.places) {
      this.listed[place] = 0;
      this.score.fill(-Infinity, place * this.chain, (place + 1) * this.chain);
    }
    this.places.length = 0;
  }
}

/** @returns a search that keeps its buffers, and the graph as far as it was explored, between utterances */
export function createSearch(
  graph: ContextGraph,
  { stay, leave }: Durations,
  { acousticScale, beam, maxActive = Infinity }: SearchOptions,
): (densities: UtteranceDensities) => FoundPhones {
  const { chain, phones } = graph.tied;
  let now = new Frontier(chain);
  let before = new Frontier(chain);
  const classes = new Int32Array(100);
  // A record says that a node was left: [node, frame after it, record before].
  let records: number[] = [];

  return (densities) =>
    search(densities, beam, maxActive) ??
    search(densities, 4 * beam, Infinity) ?? { phones: new Int32Array(0), ends: new Int32Array(0), score: -Infinity };

  function search(densities: UtteranceDensities, width: number, most: number): FoundPhones | undefined {
    records = [];
    now.clear();
    const { targets, weights } = graph.start();
    now.grow(graph.places);
    targets.forEach((node, right) => {
      if (node >= 0) enter(node, weights[right]!, -1);
    });
    let top = weigh(densities, 0);
    for (let t = 1; t < densities.rows; t++) {
      [before, now] = [now, before];
      now.clear();
      advance(t, top - narrowed(before, top, width, most), width);
      top = weigh(densities, t);
      if (top === -Infinity) return undefined;
    }
    return finish(densities.rows);
  }

  /** The distance within which no more than `most` places have a hypothesis: their best scores counted in classes. */
  function narrowed({ places, score }: Frontier, top: number, width: number, most: number): number {
    if (places.length <= most) return width;
    classes.fill(0);
    for (const place of places) {
      let best = -Infinity;
      for (let c = 0, at = place * chain; c < chain; c++, at++) if (score[at]! > best) best = score[at]!;
      const off = Math.floor(((top - best) / width) * classes.length);
      if (off < classes.length) classes[off]! += 1;
    }
    let count = 0;
    for (let n = 0; n < classes.length; n++) {
      count += classes[n]!;
      if (count > most) return (width * Math.max(1, n)) / classes.length;
    }
    return width;
  }

  /** Offers every variant of a node: its right neighbour is not known yet. */
  function enter(node: number, value: number, record: number): void {
    const first = graph.firstPlace[node]!;
    const { count } = graph.variants(node);
    for (let variant = 0; variant < count; variant++) now.offer(first + variant, 0, value, record);
  }

  function advance(t: number, least: number, width: number): void {
    let best = -Infinity;
    const { score, record, places } = before;
    now.grow(graph.places);
    for (const place of places) {
      const own = graph.phone[graph.nodeOf[place]!]! * chain;
      for (let c = 0, at = place * chain; c < chain; c++, at++) {
        const value = score[at]!;
        if (value < least || value === -Infinity) continue;
        const stays = value + stay[own + c]!;
        now.offer(place, c, stays, record[at]!);
        if (stays > best) best = stays;
        if (c < chain - 1) now.offer(place, c + 1, value + leave[own + c]!, record[at]!);
      }
    }
    for (const place of places) {
      const node = graph.nodeOf[place]!;
      const at = place * chain + chain - 1;
      const value = score[at]! + leave[graph.phone[node]! * chain + chain - 1]!;
      // What is entered is a frame behind what stayed, so the same beam holds for both.
      if (!(score[at]! >= least) || value < best - width) continue;
      const own = graph.variantOf[place]!;
      const { of } = graph.variants(node);
      const targets = graph.targets(node);
      const weights = graph.weights(node);
      now.grow(graph.places);
      let mine = -1;
      for (let right = 0; right <= phones; right++) {
        if (of[right] !== own || targets[right]! < 0) continue;
        const entering = value + weights[right]!;
        if (entering < best - width) continue;
        if (mine < 0) mine = records.push(node, t, record[at]!) - 3;
        enter(targets[right]!, entering, mine);
        if (entering > best) best = entering;
      }
    }
  }

  /** Adds the densities of frame t. @returns the best hypothesis' score */
  function weigh(densities: UtteranceDensities, t: number): number {
    let top = -Infinity;
    const { score } = now;
    for (const place of now.places) {
      const { states } = graph.variants(graph.nodeOf[place]!);
      const from = graph.variantOf[place]! * chain;
      for (let c = 0, at = place * chain; c < chain; c++, at++) {
        if (score[at] === -Infinity) continue;
        const value = score[at]! + acousticScale * densities.at(states[from + c]!, t);
        score[at] = value;
        if (value > top) top = value;
      }
    }
    return top;
  }

  /** The best hypothesis that has come to the end of a phone before silence, or of silence. */
  function finish(rows: number): FoundPhones | undefined {
    let most = -Infinity;
    let last = -1;
    let lastRecord = -1;
    for (const place of now.places) {
      const node = graph.nodeOf[place]!;
      if (graph.variants(node).of[phones] !== graph.variantOf[place]) continue;
      const at = place * chain + chain - 1;
      const value = now.score[at]! + graph.final[node]!;
      if (value > most) {
        most = value;
        last = node;
        lastRecord = now.record[at]!;
      }
    }
    if (last < 0) return undefined;
    const path = [graph.phone[last]!];
    const ends = [rows];
    for (let at = lastRecord; at >= 0; at = records[at + 2]!) {
      path.push(graph.phone[records[at]!]!);
      ends.push(records[at + 1]!);
    }
    return { phones: Int32Array.from(path.reverse()), ends: Int32Array.from(ends.reverse()), score: most };
  }
}
