// Stage selftrain: what decode recognised in; acoustic models trained on it, pass by pass, what each of them recognises,
// and the best of it by a judge without labels out. Where nothing is better than what decode wrote, that stays.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably, flushFolder, writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { JsonlWriter, readJson } from '../core/jsonl.js';
import { leaveOutNonFinite, saveLeftOut } from '../core/left-out.js';
import { ShardReader } from '../core/shards.js';
import { defineStage, type StageCounts, type StageIo } from '../core/stage.js';
import { z } from 'zod';
import { passNames, selftrainConfig, type PassName, type SelftrainConfig } from './config.js';
import { readCorpus, readLabels, unfitFor, type SelftrainCorpus } from './corpus.js';
import { judgeLabels } from './judge.js';
import { decoderFolder, gatherParts, saveDecoder } from '../decode/decoder-files.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { emissionSymbols } from '../learn/emission.js';
import { passDecoding, writeSystem } from './system.js';
import { betterOf, finishedPass, passFolder, passesFile, startName, type PassRecord } from './output.js';
import { trainCtc, workFolder } from './ctc-pass.js';
import { recogniseAll, recognisePiece, type Folders } from './recognise-all.js';
import { trainPass } from './train-pass.js';

export const selftrainStage = defineStage({
  name: 'selftrain',
  version: 4,
  reads: ['decode', 'features', 'text', 'vad', 'audio'],
  config: selftrainConfig,
  resumable: true,
  async run(io) {
    const nothing = (why: string): StageCounts => {
      io.log.info(`nothing to do (${why}): what decode recognised stays`);
      return { passes: 0 };
    };
    const { method } = io.config;
    if (method === 'none') return nothing('selftrain.method=none');
    const folders = io.inputs as Folders;
    const unfit = method === 'auto' ? await unfitFor(folders) : undefined;
    if (unfit !== undefined) return nothing(`selftrain.method=auto: ${unfit}`);
    const corpus = await readCorpus(folders, await leaveOutBroken(io, folders));
    try {
      return await finish(io, corpus, await runPasses(io, corpus, folders.decode));
    } finally {
      await corpus.close();
    }
  },
  piece: recognisePiece,
});

type Io = StageIo<SelftrainConfig>;

/** Some models of `learn` read no frames, so broken ones may come as far as this. */
async function leaveOutBroken(io: Io, { features }: Folders): Promise<ReadonlySet<string>> {
  const frames = await ShardReader.open(join(features, 'frames'));
  try {
    const broken = await leaveOutNonFinite(io, frames.ids, [frames]);
    await mkdir(join(io.out, workFolder), { recursive: true });
    await saveLeftOut(join(io.out, workFolder), broken);
    return broken;
  } finally {
    await frames.close();
  }
}

/** @returns what decode wrote and each pass, in order */
async function runPasses(io: Io, corpus: SelftrainCorpus, decode: string): Promise<PassRecord[]> {
  const { hmm, method } = io.config;
  const judged = async (
    hypotheses: string,
  ): Promise<Pick<PassRecord, 'metric' | 'perplexity' | 'vocabularySeen' | 'logLengthRatio'>> => {
    const score = await judgeLabels(corpus, await readLabels(corpus, hypotheses, hmm.states), hmm, io.rng, io.compute);
    return {
      metric: finiteOrNull(score?.metric),
      perplexity: finiteOrNull(score?.perplexity),
      vocabularySeen: score?.vocabularySeen ?? 0,
      logLengthRatio: finiteOrNull(score?.logLengthRatio),
    };
  };
  const records: PassRecord[] = [];
  const startRecord = await keep(io, startName, async () => judged(join(decode, hypothesisFiles.records)));
  records.push(startRecord);
  const { heldOutPerplexity } = await readJson(
    join(io.inputs['text']!, 'stats.json'),
    z.object({ heldOutPerplexity: z.number().nullish() }),
  );
  const distance = startRecord.metric === null ? 0 : startRecord.metric / (heldOutPerplexity ?? Infinity);
  if (distance > hmm.trusted || (method === 'auto' && !(distance > 0))) {
    const held = `selftrain.hmm.trusted=${hmm.trusted}`;
    const why =
      distance > 0
        ? `what decode wrote is judged ${startRecord.metric!.toFixed(1)}, ${distance.toFixed(1)} times the perplexity of held-out text (${held}): labels so wrong teach their errors`
        : 'there is too little of what decode wrote, or of the text, to judge it by';
    if (method === 'auto') io.log.info(`nothing is trained: ${why}`);
    else io.log.warn(`nothing is trained: ${why}`);
    return records;
  }
  let labels = join(decode, hypothesisFiles.records);
  let before: string | undefined;
  for (const { name, kind } of titled(hmm.passes ?? (method === 'hmm' ? passNames : ['mono']))) {
    io.signal?.throwIfAborted();
    const record = await keep(io, name, async (folder) => {
      const recognised = await readLabels(corpus, labels, hmm.states);
      if (recognised.labels.size === 0)
        throw new AsrError(
          'model',
          `selftrain: ${labels} holds nothing to learn from`,
          'Set selftrain.method=none, or look at what decode wrote.',
        );
      await trainPass(
        { corpus, config: hmm, rng: io.rng, log: io.log, ...(io.signal ? { signal: io.signal } : {}) },
        kind,
        recognised,
        before,
        folder,
      );
      await recogniseByPass(io, corpus, name, folder);
      return judged(join(folder, hypothesisFiles.records));
    });
    records.push(record);
    before = passFolder(io.out, name);
    if (hmm.labels === 'previous') labels = join(before, hypothesisFiles.records);
  }
  if (method !== 'hmm') {
    io.signal?.throwIfAborted();
    const teacher = betterOf(records, hmm.margin).name;
    const taught = join(teacher === startName ? decode : passFolder(io.out, teacher), hypothesisFiles.records);
    records.push(
      await keep(io, 'ctc', async (folder) => {
        io.log.info(`ctc: learns from what ${teacher} recognised`);
        await trainCtc(io, corpus, taught, folder);
        await recogniseByPass(io, corpus, 'ctc', folder);
        return judged(join(folder, hypothesisFiles.records));
      }),
    );
  }
  return records;
}

/** A kind that comes again gets a number: mono, mono-2. */
function titled(passes: readonly PassName[]): { name: string; kind: PassName }[] {
  return passes.map((kind, i) => {
    const number = passes.slice(0, i + 1).filter((other) => other === kind).length;
    return { name: number === 1 ? kind : `${kind}-${number}`, kind };
  });
}

const finiteOrNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** A pass that is finished, or made now and recorded as finished when it is whole. */
async function keep(
  io: Io,
  name: string,
  make: (folder: string) => Promise<Omit<PassRecord, 'name' | 'seconds'>>,
): Promise<PassRecord> {
  const known = await finishedPass(io.out, name);
  if (known) return known;
  const folder = `${passFolder(io.out, name)}.unfinished`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const started = performance.now();
  const record = { name, ...(await make(folder)), seconds: (performance.now() - started) / 1000 };
  await writeFileDurably(join(folder, 'pass.json'), `${JSON.stringify(record)}\n`);
  await flushFolder(folder);
  await renameDurably(folder, passFolder(io.out, name));
  io.log.info(`${name}: judged ${record.metric?.toFixed(2) ?? 'worthless'} (${record.seconds.toFixed(0)} s)`);
  return record;
}

/** A pass' own transcripts, which the next one learns from and which are judged. */
async function recogniseByPass(io: Io, corpus: SelftrainCorpus, name: string, folder: string): Promise<void> {
  const config = await passDecoding(folder, io.config.ctc);
  const parts = await gatherParts(config, await emissionSymbols(folder), io.inputs['text']!, io.data, (id, reason) =>
    io.skip(id, reason),
  );
  const decoder = join(folder, decoderFolder);
  await saveDecoder(decoder, config, parts);
  await recogniseAll(io, corpus, { name, folder, decoder, words: false }, folder);
}

/** Chooses, and makes the chosen pass what the run recognises with. */
async function finish(io: Io, corpus: SelftrainCorpus, records: readonly PassRecord[]): Promise<StageCounts> {
  const chosen = betterOf(records, io.config.hmm.margin);
  const writer = await JsonlWriter.create(join(io.out, passesFile));
  for (const record of records) await writer.write({ ...record, chosen: record === chosen });
  await writer.close();
  if (chosen.name === startName && records.length > 1)
    io.log.warn('no pass was judged clearly better than what decode wrote, which stays');
  if (chosen.name !== startName) await writeSystem(io, corpus, chosen.name);
  await rm(join(io.out, workFolder), { recursive: true, force: true });
  io.log.info(
    `chose ${chosen.name} of ${records.map(({ name, metric }) => `${name} ${metric?.toFixed(2) ?? '–'}`).join(', ')}`,
  );
  const { phones } = await readJson(
    join(io.inputs['text']!, 'phones.json'),
    z.object({ phones: z.array(z.unknown()) }),
  );
  return { passes: records.length - 1, phones: phones.length - 1, metric: chosen.metric ?? -1 };
}
