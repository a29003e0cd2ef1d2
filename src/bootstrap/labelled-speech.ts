// Utterances whose phones are known in, labelled frames to train on out: gathered on disk, aligned by HMMs that start
// from nothing but them, and written as eSpeak NG's speech is. What an interruption leaves is whole steps.
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromGrid } from '../audio/mono.js';
import { writeFileDurably } from '../core/durable.js';
import { frameStartWithin, usualGrid } from '../core/frame-grid.js';
import { readJson } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import type { Region } from '../core/records.js';
import type { Rng } from '../core/rng.js';
import { ShardReader } from '../core/shards.js';
import type { Compute } from '../core/stage.js';
import { type Frames, sampleRate, type Samples, secondsOf } from '../core/time.js';
import { mapPhones } from '../text/phone-distance.js';
import { unlabelled, type LabelledSpan } from './alignment.js';
import type { Background } from './background.js';
import { alignKnown } from './flat-start.js';
import { fewest, gatheredFolders, gatherSaid, readGathered, tooFew } from './gather-said.js';
import type { SourceLosses } from './left-out.js';
import type { SaidUtterance } from './said.js';
import type { BootstrapSettings } from './settings.js';
import { sourceFactsSchema, type SourceFacts } from './source-facts.js';
import type { LabelledSpeechSource } from './speech-sources.js';
import { SpeechWriter, togetherSamples, type SpeechFront } from './speech-writer.js';
import { layOut, phonesIn, type SpokenUtterance } from './spoken.js';

export interface LabelledSpeechOptions {
  readonly source: LabelledSpeechSource;
  readonly about: Pick<SourceFacts, 'share' | 'name' | 'language' | 'labelled'>;
  /** The utterances, in an order that the seed gives; not all need be taken. */
  readonly said: (losses: SourceLosses) => AsyncIterable<SaidUtterance>;
  /** Symbols of the text by label; silence is the last. */
  readonly phones: readonly string[];
  readonly front: SpeechFront;
  /** For speech that knows no room; recordings have their own. */
  readonly background: Background | undefined;
  readonly config: BootstrapSettings['speech'];
  /** A tenth of the utterances goes here instead, and nothing is learned from it. */
  readonly heldOut?: string | undefined;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

const heldOutEvery = 10;
const mostHeldOut = 150;
/**
 * Fills the folder, unless it is filled.
 * @throws AsrError 'input' where too few utterances can be used
 */
export async function writeLabelledSpeech(folder: string, options: LabelledSpeechOptions): Promise<SourceFacts> {
  const facts = `${folder}.json`;
  if (existsSync(folder)) return readJson(facts, sourceFactsSchema);
  const gathered = `${folder}-gathered`;
  const { source, about, said, compute, log, signal } = options;
  await gatherSaid(gathered, { name: about.name, hours: source.hours, said, compute, log, signal });
  const { items, losses } = await readGathered(gathered);
  const symbols = [...new Set(items.flatMap(({ phones }) => phones))].sort();
  const mapping = mapPhones(symbols, options.phones.slice(0, -1), source.furthest);
  const numbers = new Map(symbols.map((symbol, i) => [symbol, i]));
  const known = items.map(({ id, phones }) => ({ id, phones: phones.map((phone) => numbers.get(phone)!) }));
  await using frames = await ShardReader.open(join(gathered, gatheredFolders.frames));
  await using samples = await ShardReader.open(join(gathered, gatheredFolders.samples));
  const named = `aligning ${about.name}`;
  const positions = await alignKnown(known, frames, { phones: symbols.length, name: named, compute, log, signal });
  const labels = symbols.map((symbol) => mapping.labels.get(symbol) ?? unlabelled);
  const aligned = known.flatMap(({ id, phones }, i) => {
    const own = positions.get(id);
    const { speaker } = items[i]!;
    return own ? [{ id, speaker, positions: own, labels: phones.map((phone) => labels[phone]!) }] : [];
  });
  if (aligned.length < fewest) throw tooFew(about.name, aligned.length, losses);
  const unfit = known.length - aligned.length;
  const found = await write(folder, aligned, samples, options);
  const written: SourceFacts = {
    kind: source.kind,
    ...about,
    ...found,
    leftOut: unfit > 0 ? { ...losses, 'phones do not fit into the sound': unfit } : losses,
    changed: mapping.changed.map(([from, to]) => [from, to]),
    unknown: [...mapping.unknown],
  };
  await writeFileDurably(facts, JSON.stringify(written));
  if (options.heldOut !== undefined) await rename(`${folder}-held-out`, options.heldOut);
  await rename(`${folder}-learned`, folder);
  await rm(gathered, { recursive: true, force: true });
  tell(written, log);
  return written;
}

function tell({ name, utterances, seconds, leftOut, changed, unknown }: SourceFacts, log: Log): void {
  const lost = Object.entries(leftOut).map(([reason, count]) => `${reason} ${count}`);
  log.info(
    `${name}: ${utterances} utterances, ${(seconds / 60).toFixed(0)} minutes` +
      (lost.length > 0 ? `; left out: ${lost.join(', ')}` : '') +
      (changed.length > 0 ? `; taken for others: ${changed.map(([from, to]) => `${from}→${to}`).join(' ')}` : '') +
      (unknown.length > 0 ? `; without a counterpart: ${unknown.join(' ')}` : ''),
  );
}

interface Aligned {
  readonly id: string;
  readonly speaker: string;
  /** By frame; -1 is silence. */
  readonly positions: Int16Array;
  /** By place. */
  readonly labels: readonly number[];
}

async function write(
  folder: string,
  aligned: readonly Aligned[],
  samples: ShardReader,
  options: LabelledSpeechOptions,
): Promise<{ utterances: number; seconds: number }> {
  const { front, heldOut, signal } = options;
  for (const part of [`${folder}-learned`, `${folder}-held-out`, ...(heldOut === undefined ? [] : [heldOut])])
    await rm(part, { recursive: true, force: true });
  await using learned = await SpeechWriter.create(`${folder}-learned`, front);
  await using kept = heldOut === undefined ? undefined : await SpeechWriter.create(`${folder}-held-out`, front);
  let seconds = 0;
  const isHeldOut = (n: number): boolean =>
    kept !== undefined && n % heldOutEvery === 0 && n < heldOutEvery * mostHeldOut;
  const parts = [
    { writer: learned, items: aligned.filter((_, n) => !isHeldOut(n)) },
    ...(kept ? [{ writer: kept, items: aligned.filter((_, n) => isHeldOut(n)) }] : []),
  ];
  for (const { writer, items } of parts) {
    for (const speaker of new Set(items.map((item) => item.speaker))) {
      let said: [string, SpokenUtterance][] = [];
      let held = 0;
      for (const item of items) {
        if (item.speaker !== speaker) continue;
        signal?.throwIfAborted();
        const spoken = placed(item, fromGrid(await samples.readInt16(item.id)), options);
        said.push([item.id, spoken]);
        held += spoken.samples.length;
        if (writer === learned) seconds += spoken.samples.length / sampleRate;
        if (held < togetherSamples) continue;
        await writer.writeVoice(said);
        [said, held] = [[], 0];
      }
      if (said.length > 0) await writer.writeVoice(said);
    }
    await writer.finish();
  }
  return { utterances: parts[0]!.items.length, seconds };
}

/** With the times of its phones; a synthesiser's into the recordings' background. */
function placed(
  { id, positions, labels }: Aligned,
  samples: Float32Array,
  { source, phones, background, config, rng }: LabelledSpeechOptions,
): SpokenUtterance {
  const silence = phones.length - 1;
  const spans = spansOfPositions(positions, labels, silence, samples.length as Samples);
  if (source.kind === 'command')
    return layOut(
      [{ samples, regions: [[0, samples.length] as Region], spans }],
      silence,
      background,
      config,
      rng.fork(id),
    );
  return { samples, spans: [{ label: silence, start: -1 }, ...spans], phones: phonesIn(spans, silence) };
}

/** Frames of 10 ms to spans. @param positions by frame, -1 for silence. @param labels by place */
export function spansOfPositions(
  positions: Int16Array,
  labels: readonly number[],
  silence: number,
  samples: Samples,
): LabelledSpan[] {
  const spans: LabelledSpan[] = [];
  positions.forEach((position, t) => {
    if (t > 0 && position === positions[t - 1]) return;
    const start = secondsOf(frameStartWithin(t as Frames, positions.length as Frames, samples, usualGrid));
    spans.push({ label: position < 0 ? silence : labels[position]!, start });
  });
  return spans;
}
