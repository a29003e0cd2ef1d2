// The sources of labelled speech that a recipe lists, each made into a folder to learn from: eSpeak NG reads the text,
// another program does, or recordings of other people come with their transcripts.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { commandName, speakByCommand } from '../bootstrap/command-speech.js';
import { writeLabelledSpeech, type LabelledSpeechOptions } from '../bootstrap/labelled-speech.js';
import type { SourceLosses } from '../bootstrap/left-out.js';
import type { SaidUtterance } from '../bootstrap/said.js';
import type { SourceFacts } from '../bootstrap/source-facts.js';
import {
  listedSources,
  sharesOf,
  type CommandSource,
  type FolderSource,
  type LabelledSpeechSource,
} from '../bootstrap/speech-sources.js';
import type { NetworkShape } from '../bootstrap/network.js';
import type { BootstrapSettings } from '../bootstrap/settings.js';
import { openSpeech, type SharedSource, type SourceSpeech } from '../bootstrap/sources.js';
import { held } from '../core/disposal.js';
import type { Rng } from '../core/rng.js';
import type { FeaturesInfo } from '../features/folder.js';
import { textConfig, type TextConfig } from '../text/config.js';
import { createPronouncer } from '../text/pronounce.js';
import type { VadConfig } from '../vad/config.js';
import { createDetector } from '../vad/detector.js';
import { labelledRecordings, readLabelledFolder, refuseOwn, soundOfRun } from './labelled-recordings.js';
import type { LearnIo } from './method.js';
import { openReading, readAloud, type SourceMaterial } from './spoken-text.js';

/** A source that is there to be learned from. */
export interface MadeSource {
  readonly folder: string;
  readonly facts: SourceFacts;
}

/**
 * All of them, in the order of the recipe; those that an interrupted run made are there already.
 * @throws AsrError of what a source needs and has not
 */
export async function makeSources(
  io: LearnIo,
  seed: number,
  info: FeaturesInfo,
  config: BootstrapSettings,
): Promise<MadeSource[]> {
  const sources = listedSources(config.sources);
  const shares = sharesOf(sources);
  const folder = join(io.out, 'checkpoints', `bootstrap-${seed}`);
  const rng = io.rng.fork(`bootstrap ${seed}`);
  await using reading = held(await openReading(io, info, config.speech, sources, rng));
  const made = new Map<number, MadeSource>();
  // Recordings and programs of others first: what is wrong with them is said before hours of text are read aloud.
  const order = [...sources.keys()].sort(
    (a, b) => Number(sources[a]!.kind === 'espeak') - Number(sources[b]!.kind === 'espeak'),
  );
  for (const n of order) {
    const source = sources[n]!;
    const share = shares[n]!;
    if (source.kind === 'espeak') {
      await readAloud(io, folder, reading, config.speech, rng);
      const language = io.config.bootstrap.language || reading.text.language;
      made.set(n, { folder: join(folder, 'speech'), facts: espeakFacts(share, language) });
      continue;
    }
    const own = join(folder, `source-${n}`);
    if (!existsSync(folder)) await mkdir(folder, { recursive: true });
    const facts = await writeLabelledSpeech(own, {
      ...(await labelled(io, source, reading, rng.fork(`source ${n}`))),
      about: aboutOf(source, share, reading.text),
      source,
      phones: io.corpus.phones,
      front: reading,
      background: reading.background,
      config: config.speech,
      heldOut: n === 0 ? join(folder, 'held-out') : undefined,
      rng: rng.fork(`source ${n}`).fork('laid out'),
      compute: io.compute,
      log: io.log,
      signal: io.signal,
    });
    made.set(n, { folder: own, facts });
  }
  return sources.map((_, n) => made.get(n)!);
}

/** What is counted in its folder is added by openSources. */
const espeakFacts = (share: number, language: string): SourceFacts => ({
  ...{ kind: 'espeak', share, name: 'eSpeak NG', language, utterances: 0, seconds: 0 },
  labelled: 'rules and sounds that people made for its languages; it read the text aloud',
  ...{ leftOut: {}, changed: [], unknown: [] },
});

export interface OpenSources {
  readonly sources: readonly SharedSource[];
  readonly facts: readonly SourceFacts[];
  readonly close: () => Promise<void>;
}

export async function openSources(
  made: readonly MadeSource[],
  hopSeconds: number,
  form: Pick<NetworkShape, 'stride' | 'input'>,
): Promise<OpenSources> {
  const opened: SourceSpeech[] = [];
  for (const { folder } of made) opened.push(await openSpeech(folder, hopSeconds, form));
  return {
    sources: opened.map((source, i) => ({ source, share: made[i]!.facts.share })),
    facts: made.map(({ facts }, i) =>
      facts.kind === 'espeak'
        ? { ...facts, utterances: opened[i]!.ids.length, seconds: Math.round(opened[i]!.rows * hopSeconds) }
        : facts,
    ),
    close: async () => {
      for (const source of opened) await source.close();
    },
  };
}

function aboutOf(source: LabelledSpeechSource, share: number, text: TextConfig): LabelledSpeechOptions['about'] {
  const language = source.language || text.language;
  return source.kind === 'command'
    ? {
        ...{ share, language, name: commandName(source.command) },
        labelled: 'another synthesiser read the text aloud: what it was made of, its makers say',
      }
    : {
        ...{ share, language, name: basename(resolve(source.dir)) },
        labelled: `transcripts that people wrote of recordings in ${language || 'a language not named'}`,
      };
}

/** How the text stage would read a source's words, in the marks of the run's own phones. */
export function sourceText(source: LabelledSpeechSource, text: TextConfig): TextConfig {
  if (source.kind === 'command')
    return source.language === '' ? text : { ...text, language: source.language, pronunciation: 'espeak' };
  const { unit, pronunciation, lexicon } = source;
  return textConfig.parse({ ...text, unit, pronunciation, lexicon, language: source.language || text.language });
}

async function labelled(
  io: LearnIo,
  source: CommandSource | FolderSource,
  reading: SourceMaterial,
  rng: Rng,
): Promise<Pick<LabelledSpeechOptions, 'said'>> {
  const { data, signal } = io;
  const { vad, sentences } = reading;
  const pronouncer = (): ReturnType<typeof createPronouncer> =>
    createPronouncer(sourceText(source, reading.text), data);
  if (source.kind === 'command')
    return {
      said: async function* (losses) {
        const { command, seconds } = source;
        const pronounce = await pronouncer();
        yield* speakByCommand({ command, seconds, sentences, pronounce, vad, cwd: data, rng, losses, signal });
      },
    };
  return { said: (losses) => fromFolder(io, source, { vad, pronouncer, rng, losses }) };
}

interface FolderReading {
  readonly vad: VadConfig;
  readonly pronouncer: () => ReturnType<typeof createPronouncer>;
  readonly rng: Rng;
  readonly losses: SourceLosses;
}

async function* fromFolder(
  { folders, data, compute, signal }: LearnIo,
  source: FolderSource,
  { vad, pronouncer, rng, losses }: FolderReading,
): AsyncGenerator<SaidUtterance> {
  const folder = await readLabelledFolder(source, data);
  refuseOwn(folder, await soundOfRun(folders.audio, data), source.dir);
  const pronounce = await pronouncer();
  await using detector = held(await createDetector(vad, compute, data));
  yield* labelledRecordings({ folder, pronounce, detector, rng, losses, threads: compute.threads, signal });
}
