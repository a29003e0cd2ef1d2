// Stage learn: units, vectors and unpaired phone sentences in; every run with its label-free score and the chosen
// emission model out. Writes runs.jsonl, runs/<name>/ and a copy of the chosen model's files.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { listedSources } from '../bootstrap/speech-sources.js';
import { AsrError } from '../core/errors.js';
import { JsonlWriter } from '../core/jsonl.js';
import { defineStage, type StageCounts, type StageIo } from '../core/stage.js';
import { directionOf, saveDirection } from './backwards.js';
import { chooseRun } from './choose.js';
import { learnConfig, type LearnConfig } from './config.js';
import type { LearnFolders } from './corpus.js';
import { emissionFiles } from './emission.js';
import { followMetrics } from './live-events.js';
import { labelledFiles } from './labelled-recordings.js';
import { methodOf } from './methods.js';
import { collapseCounts, collapseWarnings } from './collapse-report.js';
import { startRunFolder } from './gan-start.js';
import { readSign, writeSign } from './halving.js';
import type { LearnIo, LearnMethod, LearnRun } from './method.js';
import { refineChain } from './refine.js';
import { runFolder, toRecord } from './run-folder.js';
import { writeEventFiles } from './tensorboard.js';
import { checkpointsOf, leaveOutBroken, withCorpus, type Io } from './with-corpus.js';

export const learnStage = defineStage({
  name: 'learn',
  version: 16,
  reads: ['segments', 'clusters', 'text', 'vad', 'features', 'audio'],
  config: learnConfig,
  resumable: true,
  external: foldersOutside,
  run: async (io) => {
    if (io.config.silence === 'modelled' && io.config.method === 'bootstrap')
      throw new AsrError(
        'config',
        'learn.silence=modelled does not go with learn.method=bootstrap',
        'Leave it at cut: the network of the bootstrap has a class for silence anyway.',
      );
    await leaveOutBroken(io);
    const live = followMetrics(io.out);
    try {
      for (const method of methodsOf(io.config)) {
        const seeds = await promisingSeeds(io, method);
        await io.pieces(
          seeds.map((seed) => ({ name: `${method.name}-${seed}`, input: { method: method.name, seed } })),
        );
      }
      await io.pieces(chainsOf(io.config).map((chain) => ({ name: `chain-${chain}`, input: { chain } })));
      return await withCorpus(io, io.out, async (learn) => {
        const found = await runsOf(learn, methodsOf(io.config));
        const runs = [...found];
        for (const chain of chainsOf(io.config)) runs.push(...(await refineChain(learn, found, chain)));
        await live.stop();
        // Of methods that learn from frames, units say nothing.
        const { method, gan } = io.config;
        if (method === 'matching' || (method === 'gan' && gan.input === 'segments'))
          await saveDirection(io.out, await directionOf(learn));
        return finish(io, runs, learn.corpus.grid.framesPerSecond);
      });
    } finally {
      await live.stop();
    }
  },
  piece: (io, input) =>
    withCorpus(io, io.stageOut, async (learn) => {
      const piece = pieceSchema.parse(input);
      const order = methodsOf(io.config);
      if ('chain' in piece) await refineChain(learn, await runsOf(learn, order), piece.chain);
      else {
        const method = order.find(({ name }) => name === piece.method);
        if (!method) throw new AsrError('internal', `stage learn: no method ${piece.method}`);
        const earlier = await runsBefore(learn, method.name);
        if (piece.rung === undefined) await method.train(learn, piece.seed, earlier);
        else await writeSign(io.out, await method.halving!.climb(learn, piece.seed, piece.rung, earlier));
      }
    }),
});

/** A run depends on the recordings that other people labelled, and on the model that it starts from, if any. */
function foldersOutside({ method, gan, bootstrap: { sources } }: LearnConfig, data: string): string[] {
  if (method === 'gan' && gan.start === 'run') return [startRunFolder(gan, data)];
  if (method !== 'bootstrap') return [];
  return listedSources(sources).flatMap((source) => (source.kind === 'folder' ? labelledFiles(source, data) : []));
}

const pieceSchema = z.union([
  z.object({ method: z.string(), seed: z.number().int(), rung: z.number().int().nonnegative().optional() }),
  z.object({ chain: z.number().int() }),
]);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const seedsOf = (config: LearnConfig): number[] => upTo(config.seeds);
/** The bootstrap has refined itself already, on frames that the HMM of the cycle could not use. */
const chainsOf = ({ refine, method, cycle }: LearnConfig): number[] =>
  refine === 'none' || method === 'bootstrap' ? [] : upTo(cycle.starts);

/** The method of the recipe after those that it starts from. */
function methodsOf(config: LearnConfig): LearnMethod[] {
  const chain: LearnMethod[] = [];
  for (let name: string | undefined = config.method; name !== undefined; name = chain[0]?.startsFrom)
    chain.unshift(methodOf(config, name));
  return chain;
}

/** The seeds that are trained to their end: all, or those that earlier rungs left. What is dropped is a run, too. */
async function promisingSeeds(
  io: StageIo<LearnConfig, keyof LearnFolders>,
  { name, halving }: LearnMethod,
): Promise<number[]> {
  let seeds = seedsOf(io.config);
  if (!halving || seeds.length < 2) return seeds;
  for (let rung = 0; rung < halving.rungs; rung++) {
    const folders = await io.pieces(
      seeds.map((seed) => ({ name: `${name}-${seed}-rung-${rung + 1}`, input: { method: name, seed, rung } })),
    );
    const verdicts = halving.verdicts(await Promise.all(folders.map(readSign)), rung);
    for (const { seed, reason } of verdicts) io.log.info(`${name}-${seed}: ${reason}`);
    await withCorpus(io, io.out, async (learn) => {
      const earlier = await runsBefore(learn, name);
      for (const verdict of verdicts) if (!verdict.stays) await halving.drop(learn, verdict, rung, earlier);
    });
    seeds = verdicts.flatMap(({ seed, stays }) => (stays ? [seed] : [])).sort((a, b) => a - b);
  }
  return seeds;
}

/** Runs of all seeds, which are there already unless one is missing. */
async function runsOf(learn: LearnIo, chain: readonly LearnMethod[]): Promise<LearnRun[]> {
  const found: LearnRun[] = [];
  for (const method of chain) {
    const earlier = [...found];
    for (const seed of seedsOf(learn.config)) found.push(...(await method.train(learn, seed, earlier)));
  }
  return found;
}

/** Runs of the methods that this one starts from. */
function runsBefore(learn: LearnIo, name: string): Promise<LearnRun[]> {
  const methods = methodsOf(learn.config);
  const before = methods.findIndex((method) => method.name === name);
  return runsOf(learn, methods.slice(0, before));
}

async function finish(io: Io, runs: readonly LearnRun[], framesPerSecond: number): Promise<StageCounts> {
  for (const warning of collapseWarnings(runs)) io.log.warn(warning);
  const chosen = chooseRun(runs, io.config.choice, framesPerSecond);
  if (chosen.cause === 'diverged')
    throw new AsrError(
      'model',
      `learn: ${runs.length === 1 ? 'the run' : `each of ${runs.length} runs`} diverged; ${chosen.name}: ` +
        chosen.reason,
      'Lower the learning rates, or scale the segment vectors to unit variance.',
    );
  await using writer = await JsonlWriter.create(join(io.out, 'runs.jsonl'));
  for (const run of runs) await writer.write({ ...toRecord(run), chosen: run === chosen });
  await writer.close();
  await writeEventFiles(
    io.out,
    runs.map(({ name }) => name),
  );
  const folder = runFolder(io.out, chosen.name);
  for (const file of await emissionFiles(folder)) await cp(join(folder, file), join(io.out, file));
  await rm(checkpointsOf(io.out), { recursive: true, force: true });
  const count = (state: LearnRun['state']): number => runs.filter((run) => run.state === state).length;
  io.log.info(
    `chose ${chosen.name} of ${runs.length} runs: metric ${chosen.score.metric.toFixed(2)}, perplexity ` +
      `${chosen.score.perplexity.toFixed(2)}, ${(100 * chosen.score.vocabularySeen).toFixed(0)} % of the phones, ` +
      `length x ${Math.exp(chosen.score.logLengthRatio).toFixed(2)}` +
      (chosen.soundPerplexity === undefined
        ? ''
        : `, perplexity of the sound alone ${chosen.soundPerplexity.toFixed(2)}`),
  );
  const collapses = collapseCounts(runs);
  if (collapses !== '') io.log.info(`collapsed: ${collapses}`);
  if (chosen.state === 'unconverged')
    io.log.warn(
      `not converged: ${chosen.reason}; expect many errors. More audio, more ` +
        'text of the same kind or better features help',
    );
  if (chosen.state === 'collapsed')
    io.log.warn(
      'every run collapsed: the transcripts are worthless. Compare segments per second with ' +
        'phones per second, and the text with the audio',
    );
  return {
    runs: runs.length,
    converged: count('ok'),
    unconverged: count('unconverged'),
    collapsed: count('collapsed'),
    metric: chosen.score.metric,
  };
}
