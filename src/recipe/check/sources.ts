// What a recipe's sources of labelled speech would run into in `learn`: a program that is not there or says nothing, a
// folder without transcripts or with the run's own sound, a language that nobody pronounces, phones too far from ours.
import { basename, resolve } from 'node:path';
import { findRecordings } from '../../audio/layouts.js';
import { commandName, speakByCommand } from '../../bootstrap/command-speech.js';
import { SourceLosses } from '../../bootstrap/left-out.js';
import {
  listedSources,
  type CommandSource,
  type FolderSource,
  type LabelledSpeechSource,
} from '../../bootstrap/speech-sources.js';
import { AsrError } from '../../core/errors.js';
import { readLines } from '../../core/jsonl.js';
import { silentLog } from '../../core/log.js';
import type { Rng } from '../../core/rng.js';
import { sampleRate } from '../../core/time.js';
import { readLabelledFolder, refuseOwn } from '../../learn/labelled-recordings.js';
import { sourceText } from '../../learn/spoken-sources.js';
import { readPhoneSet, textPath } from '../../text/folder.js';
import { mapPhones } from '../../text/phone-distance.js';
import { createPronouncer } from '../../text/pronounce.js';
import type { RecipeConfig } from '../config.js';
import { findingOf, percent, type Finding } from './finding.js';

export interface SourcesPlace {
  readonly config: RecipeConfig;
  /** Where relative paths start. */
  readonly data: string;
  /** Folder of the tried text stage. */
  readonly text: string;
  readonly rng: Rng;
}

/** The sources that are more than eSpeak NG; none where nothing is learned from them. */
export const sourcesToCheck = ({ learn }: RecipeConfig): LabelledSpeechSource[] =>
  learn.method === 'bootstrap'
    ? listedSources(learn.bootstrap.sources).filter((source) => source.kind !== 'espeak')
    : [];

/** Transcripts that are read as a sample. */
const tried = 300;

/** @throws AsrError that `learn` would end with */
export const checkSource = (source: LabelledSpeechSource, place: SourcesPlace): Promise<Finding> =>
  source.kind === 'command' ? checkCommand(source, place) : checkFolder(source, place);

async function checkCommand(source: CommandSource, { config, data, text, rng }: SourcesPlace): Promise<Finding> {
  const name = commandName(source.command);
  if (config.text.unit !== 'words')
    throw new AsrError(
      'config',
      `learn.bootstrap.sources: ${name} cannot read a text of phones aloud`,
      'Give a text of words, or leave this source out.',
    );
  const sentences: string[] = [];
  for await (const line of readLines(textPath(text, 'words'))) if (line.trim() !== '') sentences.push(line.trim());
  const said = speakByCommand({
    ...{ command: source.command, seconds: source.seconds, sentences, vad: config.vad, cwd: data, rng },
    pronounce: await createPronouncer(sourceText(source, config.text), data),
    losses: new SourceLosses(name, silentLog),
  });
  const first = await said.next();
  await said.return(undefined);
  const found = first.value as { samples: Float32Array; phones: readonly string[] } | undefined;
  return findingOf(
    `source ${name}`,
    found
      ? `${name} says ${found.phones.length} phones in ${(found.samples.length / sampleRate).toFixed(1)} s`
      : `${name} said none of ${sentences.length} sentences`,
    { problem: !found },
    'This program reads the text aloud for the model to learn from.',
    'Run the command by hand; it has to write a wav file where {wav} stands.',
  );
}

async function checkFolder(source: FolderSource, { config, data, text, rng }: SourcesPlace): Promise<Finding> {
  const folder = await readLabelledFolder(source, data);
  const own: string[] = [];
  for await (const candidate of findRecordings(config.audio, data))
    if ('path' in candidate) own.push(resolve(candidate.path));
  refuseOwn(folder, own, source.dir);
  const pronounce = await createPronouncer(sourceText(source, config.text), data);
  const counts = new Map<string, number>();
  let read = 0;
  const sample = rng.shuffleInPlace([...folder.recordings]).slice(0, tried);
  for (const { id } of sample) {
    const phones = pronounce(folder.transcripts.get(id)!);
    if (!phones) continue;
    read++;
    for (const phone of phones) counts.set(phone, (counts.get(phone) ?? 0) + 1);
  }
  const { phones, silence } = await readPhoneSet(text);
  const names = phones.map(({ phone }) => phone).filter((phone) => phone !== silence);
  const { changed, unknown } = mapPhones(counts.keys(), names, source.furthest);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const shareOf = (symbols: readonly string[]): number =>
    symbols.reduce((sum, symbol) => sum + (counts.get(symbol) ?? 0), 0) / Math.max(1, all);
  const lost = shareOf(unknown);
  return findingOf(
    `source ${basename(resolve(source.dir))}`,
    `${source.dir}: ${folder.recordings.length} recordings with transcripts, of ${sample.length} ${read} are ` +
      `pronounced; of their phones ${percent(shareOf(changed.map(([from]) => from)))} are taken for another` +
      `${changed.length > 0 ? ` (${changed.map(([from, to]) => `${from}→${to}`).join(' ')})` : ''}, ` +
      `${percent(lost)} have none${unknown.length > 0 ? ` (${unknown.join(' ')})` : ''}`,
    {
      problem: read < sample.length / 10 || folder.recordings.length < 20,
      warning: read < sample.length / 2 || lost > 0.3,
    },
    'Labelled recordings of others are learned from as far as their phones are those of the text.',
    'Check `language` and `pronunciation` of this source; `furthest` says how far a phone may be from ours.',
  );
}
