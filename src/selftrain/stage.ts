// Stage selftrain: what decode recognised in; acoustic models trained on it, pass by pass, what
// each of them recognises, and the best of it by a judge without labels out. Where nothing is
// better than what decode wrote, that stays.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably, flushFolder, writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { JsonlWriter } from '../core/jsonl.js';
import { leaveOutNonFinite, saveLeftOut } from '../core/left-out.js';
import { defineStage, type StageCounts } from '../core/stage.js';
import { openFrames } from '../features/folder.js';
import { readPhoneSet, readTextStats } from '../text/folder.js';
import { passNames, selftrainConfig, type PassName, type SelftrainIo } from './config.js';
import { readCorpus, readLabels, unfitFor, type SelftrainCorpus } from './corpus.js';
import { scoreLabels } from './label-score.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { passDecoding, recogniseWith, systemDecoding, writeSystem } from './system.js';
import {
  betterOf,
  finishedPass,
  passFolder,
  passesFile,
  startName,
  writePassChoice,
  type PassRecord,
} from './output.js';
import { bandsStage, trainCtc, workFolder, type CtcTraining } from './ctc-pass.js';
import { recognisePiece } from './recognise-all.js';
import { trainPass } from './train-pass.js';

export const selftrainStage = defineStage({
  name: 'selftrain',
  version: 7,
  reads: ['decode', 'features', 'text', 'vad', 'audio'],
  config: selftrainConfig,
  resumable: true,
  inner: ({ method, ctc }, _, inputs) => (method === 'none' || method === 'hmm' ? [] : [bandsStage(ctc, inputs)]),
  async run(io) {
    const nothing = async (why: string): Promise<StageCounts> => {
      const reason = `nothing to do (${why}): what decode recognised stays`;
      io.log.info(reason);
      await writePassChoice(io.out, { pass: startName, reason });
      return { passes: 0 };
    };
    const { method } = io.config;
    if (method === 'none') return nothing('selftrain.method=none');
    const folders = io.inputs;
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

/** Some models of `learn` read no frames, so broken ones may come as far as this. */
async function leaveOutBroken(io: SelftrainIo, { features }: SelftrainIo['inputs']): Promise<ReadonlySet<string>> {
  const frames = await openFrames(features);
  try {
    const broken = await leaveOutNonFinite(io, frames.ids, [frames]);
    await mkdir(join(io.out, workFolder), { recursive: true });
    await saveLeftOut(join(io.out, workFolder), broken);
    return broken;
  } finally {
    await frames.close();
  }
}

interface Passes {
  /** What decode wrote and each pass, in order. */
  readonly records: readonly PassRecord[];
  /** Why nothing was trained, where that is so. */
  readonly held?: string;
}

async function runPasses(io: SelftrainIo, corpus: SelftrainCorpus, decode: string): Promise<Passes> {
  const { hmm, ctc, method } = io.config;
  const scored = async (
    hypotheses: string,
  ): Promise<Pick<PassRecord, 'metric' | 'perplexity' | 'vocabularySeen' | 'logLengthRatio'>> => {
    const score = await scoreLabels(corpus, await readLabels(corpus, hypotheses, hmm.states), hmm, io.rng, io.compute);
    return {
      metric: finiteOrNull(score?.metric),
      perplexity: finiteOrNull(score?.perplexity),
      vocabularySeen: score?.vocabularySeen ?? 0,
      logLengthRatio: finiteOrNull(score?.logLengthRatio),
    };
  };
  const records: PassRecord[] = [];
  const startRecord = await keep(io, startName, async () => scored(join(decode, hypothesisFiles.records)));
  records.push(startRecord);
  const { heldOutPerplexity } = await readTextStats(io.inputs.text, 'heldOutPerplexity');
  const distance = startRecord.metric === null ? 0 : startRecord.metric / (heldOutPerplexity ?? Infinity);
  if (distance > hmm.trusted || (method === 'auto' && !(distance > 0))) {
    const setting = `selftrain.hmm.trusted=${hmm.trusted}`;
    const why =
      distance > 0
        ? `what decode wrote is judged ${startRecord.metric!.toFixed(1)}, ${distance.toFixed(1)} times the ` +
          `perplexity of held-out text (${setting}): labels so wrong teach their errors`
        : 'there is too little of what decode wrote, or of the text, to judge it by';
    const held = `nothing is trained: ${why}`;
    io.log[method === 'auto' ? 'info' : 'warn'](held);
    return { records, held };
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
      await recogniseWith(io, { name, pass: folder, decoding: await passDecoding(folder, ctc) }, folder);
      return scored(join(folder, hypothesisFiles.records));
    });
    records.push(record);
    before = passFolder(io.out, name);
    if (hmm.labels === 'previous') labels = join(before, hypothesisFiles.records);
  }
  if (method !== 'hmm') {
    io.signal?.throwIfAborted();
    // Whoever is judged best teaches; the margin is for what the run keeps.
    const teacher = betterOf(records, 0).name;
    const taught = join(teacher === startName ? decode : passFolder(io.out, teacher), hypothesisFiles.records);
    let known: CtcTraining = { name: teacher, labels: taught };
    for (let round = 1; round <= ctc.rounds; round++) {
      io.signal?.throwIfAborted();
      const name = round === 1 ? 'ctc' : `ctc-${round}`;
      const { name: by, labels: learned, from } = known;
      records.push(
        await keep(io, name, async (folder) => {
          io.log.info(`${name}: learns from what ${by} recognised`);
          await trainCtc(io, corpus, { name, labels: learned, from }, folder);
          // As the run will: the words of the text mend labels, and nothing has to be recognised twice.
          await recogniseWith(io, { name, pass: folder, decoding: await systemDecoding(io, folder) }, folder);
          return scored(join(folder, hypothesisFiles.records));
        }),
      );
      const pass = passFolder(io.out, name);
      known = { name, labels: join(pass, hypothesisFiles.records), from: pass };
    }
  }
  return { records };
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
  io: SelftrainIo,
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

/** Chooses, and makes the chosen pass what the run recognises with. */
async function finish(io: SelftrainIo, corpus: SelftrainCorpus, { records, held }: Passes): Promise<StageCounts> {
  const { margin } = io.config.hmm;
  const chosen = betterOf(records, margin);
  await using writer = await JsonlWriter.create(join(io.out, passesFile));
  for (const record of records) await writer.write({ ...record, chosen: record === chosen });
  await writer.close();
  if (chosen.name !== startName) await writeSystem(io, corpus, chosen.name);
  await rm(join(io.out, workFolder), { recursive: true, force: true });
  const judged = records.map(({ name, metric }) => `${name} ${metric?.toFixed(2) ?? '–'}`).join(', ');
  const reason =
    held ??
    (chosen.name === startName
      ? `no pass was judged better than what decode wrote by ${margin} of it, so that stays: ${judged}`
      : `chose ${chosen.name}, whose labels teach a small model best: ${judged}`);
  await writePassChoice(io.out, { pass: chosen.name, reason });
  if (held === undefined) io.log[chosen.name === startName ? 'warn' : 'info'](reason);
  const { phones } = await readPhoneSet(io.inputs.text);
  return { passes: records.length - 1, phones: phones.length - 1, metric: chosen.metric ?? -1 };
}
