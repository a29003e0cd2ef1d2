// The best phones of one utterance under scores of every row and a phone n-gram model: a beam search over the states
// of the language model, each phone at least `minRows` rows long, silence anywhere between phones.
import type { NgramModel } from '../lm/ngram.js';

/** The language model as a table over what can be heard: a node is a phone in the context that the model keeps. */
export interface PhoneGraph {
  readonly phones: number;
  /** [nodes] */
  readonly phoneOf: Int32Array;
  /** [nodes + 1, phones] next node; the last row starts a sentence. */
  readonly next: Int32Array;
  /** [nodes + 1, phones] natural log-probabilities. */
  readonly scores: Float32Array;
  /** [nodes + 1] of the sentence ending there. */
  readonly finish: Float32Array;
}

/** @param phones symbols, silence not among them */
export function phoneGraph(lm: NgramModel, phones: readonly string[]): PhoneGraph {
  const ids = phones.map((phone) => lm.id(phone));
  const known = new Map<string, number>();
  const nodes: { state: number; phone: number }[] = [];
  const nodeOf = (state: number, phone: number): number => {
    const key = `${state} ${phone}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    nodes.push({ state, phone });
    known.set(key, nodes.length - 1);
    return nodes.length - 1;
  };
  const next: number[] = [];
  const scores: number[] = [];
  const finish: number[] = [];
  const expand = (state: number): void => {
    ids.forEach((id, phone) => {
      next.push(nodeOf(lm.advance(state, id), phone));
      scores.push(Math.LN10 * lm.score(state, id));
    });
    finish.push(Math.LN10 * lm.finish(state));
  };
  const start = { next: [] as number[], scores: [] as number[], finish: 0 };
  expand(lm.startState);
  start.next = next.splice(0);
  start.scores = scores.splice(0);
  start.finish = finish.pop() as number;
  for (let n = 0; n < nodes.length; n++) expand(nodes[n]!.state);
  return {
    phones: phones.length,
    phoneOf: Int32Array.from(nodes, ({ phone }) => phone),
    next: Int32Array.from([...next, ...start.next]),
    scores: Float32Array.from([...scores, ...start.scores]),
    finish: Float32Array.from([...finish, start.finish]),
  };
}

export interface SearchSettings {
  /** Added for every phone. */
  readonly insertion: number;
  readonly minRows: number;
  /** Natural log distance to the best beyond which a hypothesis is dropped. */
  readonly beam: number;
}

/** Marks the record of what came before a phone that is just entered; its own inverse. */
const entered = (record: number): number => -2 - record;

export interface FoundPath {
  /** [rows] phone of each row, `phones` for silence. */
  readonly rows: Int16Array;
  /** Phones in order, without silence; equal neighbours stay two. */
  readonly phones: Int32Array;
  /** [phones] first row of each. */
  readonly starts: Int32Array;
  readonly score: number;
}

/** @returns a search that keeps its buffers between utterances. Scores: [rows, phones + 1], silence last */
export function createSearch(
  graph: PhoneGraph,
  { insertion, minRows, beam }: SearchSettings,
): (scores: Float32Array, rows: number) => FoundPath {
  const { phones, phoneOf, next, finish } = graph;
  const nodes = phoneOf.length;
  const width = phones + 1;
  const ages = minRows; // age minRows - 1 = may be left; silence after a phone is one more
  const slots = (ages + 1) * nodes + 1; // the last: silence before the first phone
  const initialSilence = slots - 1;
  // What leaving each node can bring at most, so that hopeless exits cost one comparison instead of one per phone.
  const bestArc = Float64Array.from({ length: nodes + 1 }, (_, n) =>
    graph.scores.subarray(n * phones, (n + 1) * phones).reduce((a, b) => Math.max(a, b), -Infinity),
  );
  const best = new Float64Array(slots).fill(-Infinity);
  const record = new Int32Array(slots);
  const newBest = new Float64Array(slots).fill(-Infinity);
  const newRecord = new Int32Array(slots);
  let active: number[] = [];
  // A record is made when a phone is entered, and once a row of silence starts.
  let recordOf: number[] = [];
  let recordRow: number[] = [];
  let recordSymbol: number[] = [];

  return (scores, rows) => {
    best.fill(-Infinity);
    newBest.fill(-Infinity);
    active = [];
    recordOf = [];
    recordRow = [];
    recordSymbol = [];
    const note = (from: number, row: number, symbol: number): number => {
      recordRow.push(row);
      recordSymbol.push(symbol);
      return recordOf.push(from) - 1;
    };
    for (let t = 0; t < rows; t++) {
      const at = t * width;
      const reached: number[] = [];
      let top = -Infinity;
      let loudest = -Infinity;
      for (let c = 0; c < phones; c++) loudest = Math.max(loudest, scores[at + c]!);
      const offer = (slot: number, score: number, from: number): void => {
        if (score <= newBest[slot]! || score < top - beam) return;
        if (newBest[slot] === -Infinity) reached.push(slot);
        newBest[slot] = score;
        newRecord[slot] = from;
        if (score > top) top = score;
      };
      const enter = (row: number, score: number, from: number): void => {
        if (score + bestArc[row]! + insertion + loudest < top - beam) return;
        for (let c = 0, arc = row * phones; c < phones; c++, arc++)
          offer(next[arc]!, score + graph.scores[arc]! + insertion + scores[at + c]!, entered(from));
      };
      if (t === 0) {
        enter(nodes, 0, -1);
        offer(initialSilence, scores[at + phones]!, note(-1, 0, phones));
      }
      for (const slot of active) {
        const score = best[slot]!;
        const from = record[slot]!;
        if (slot === initialSilence) {
          offer(slot, score + scores[at + phones]!, from);
          enter(nodes, score, from);
          continue;
        }
        const age = Math.floor(slot / nodes);
        const node = slot % nodes;
        if (age === ages) {
          // silence
          offer(slot, score + scores[at + phones]!, from);
          enter(node, score, from);
        } else if (age === ages - 1) {
          offer(slot, score + scores[at + phoneOf[node]!]!, from);
          offer(ages * nodes + node, score + scores[at + phones]!, entered(from));
          enter(node, score, from);
        } else offer(slot + nodes, score + scores[at + phoneOf[node]!]!, from);
      }
      for (const slot of active) best[slot] = -Infinity;
      active = [];
      for (const slot of reached) {
        if (newBest[slot]! > top - beam) {
          active.push(slot);
          best[slot] = newBest[slot]!;
          // A slot that was just entered gets its record here, once, for the winner.
          const from = newRecord[slot]!;
          record[slot] =
            from < 0 ? note(entered(from), t, slot >= ages * nodes ? phones : phoneOf[slot % nodes]!) : from;
        }
        newBest[slot] = -Infinity;
      }
    }
    return trace(rows);
  };

  function trace(rows: number): FoundPath {
    let winner = -1;
    let score = -Infinity;
    for (const slot of active) {
      const age = Math.floor(slot / nodes);
      const mayEnd = slot === initialSilence || age >= ages - 1;
      const total = best[slot]! + (mayEnd ? finish[slot === initialSilence ? nodes : slot % nodes]! : -Infinity);
      if (total > score) {
        score = total;
        winner = slot;
      }
    }
    const path = new Int16Array(rows).fill(phones);
    const found: number[] = [];
    const starts: number[] = [];
    let end = rows;
    for (let at = winner < 0 ? -1 : record[winner]!; at >= 0; at = recordOf[at]!) {
      const symbol = recordSymbol[at]!;
      path.fill(symbol, recordRow[at], end);
      end = recordRow[at]!;
      if (symbol === phones) continue;
      found.push(symbol);
      starts.push(end);
    }
    return { rows: path, phones: Int32Array.from(found.reverse()), starts: Int32Array.from(starts.reverse()), score };
  }
}
