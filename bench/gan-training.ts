// Adversarial training as a whole against PyTorch: the same segments, text, settings and number of updates, other
// random numbers. Each side's evaluations are judged by the same label-free metric; what counts is the phone error rate
// of the one it chooses, over seeds.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '../src/core/npy.js';
import type { Compute } from '../src/core/stage.js';
import { Peer } from './peer.js';
import {
  columns,
  phoneErrorRate,
  smallConfig,
  smallLanguage,
  trainSmall,
  vocabulary,
  type SmallLanguage,
} from './small-language.js';
import { median, rounded } from './timing.js';
import type { Line } from './table.js';

interface Trained {
  readonly per: number;
  readonly cpuMs: number;
}

export async function* benchGanTraining(
  compute: Compute,
  seeds: number,
  updates: number,
  wanted: boolean,
): AsyncGenerator<Line> {
  const language = smallLanguage();
  const ours: Trained[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const used = process.cpuUsage();
    const { per } = await trainSmall(language, {}, seed, updates, { ...compute, threads: 1 });
    const { user, system } = process.cpuUsage(used);
    ours.push({ per, cpuMs: (user + system) / 1000 });
    yield { name: `ours, seed ${seed}`, per: rounded(per), cpuMs: rounded(ours.at(-1)!.cpuMs), updates };
  }
  yield summary('ours', ours, updates);
  if (!wanted) return;
  const theirs: Trained[] = [];
  for await (const trained of peerTrainings(language, seeds, updates)) {
    theirs.push(trained);
    yield { name: `PyTorch, seed ${theirs.length}`, per: rounded(trained.per), cpuMs: rounded(trained.cpuMs), updates };
  }
  yield summary('PyTorch', theirs, updates);
  const spread = Math.sqrt((deviation(ours) ** 2 + deviation(theirs) ** 2) / seeds);
  yield {
    name: 'difference of means, in standard errors of it',
    seeds,
    ratio: rounded((mean(ours) - mean(theirs)) / Math.max(1e-9, spread)),
  };
}

async function* peerTrainings(language: SmallLanguage, seeds: number, updates: number): AsyncGenerator<Trained> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-gan-training-'));
  const peer = new Peer('gan_train.py');
  try {
    const items = await Promise.all(language.source.ids.map((id) => language.source.read(id)));
    await writeNpy(join(folder, 'segments.npy'), Float32Array.from(items.flatMap(({ data }) => [...data])), [
      items.reduce((sum, { rows }) => sum + rows, 0),
      columns,
    ]);
    await writeFile(
      join(folder, 'data.json'),
      JSON.stringify({ segments: items.map(({ rows }) => rows), text: language.sentences.map((line) => [...line]) }),
    );
    const config = smallConfig(updates);
    for (let seed = 1; seed <= seeds; seed++) {
      const { evaluations, cpuMs } = await peer.ask<{ evaluations: number[][][]; cpuMs: number }>({
        folder,
        seed,
        classes: vocabulary.size,
        silence: vocabulary.silence,
        config,
        updates,
        every: config.evaluateEvery,
      });
      const judged = evaluations.map((transcripts) => ({ transcripts, metric: language.score(transcripts).metric }));
      yield {
        per: phoneErrorRate(
          language,
          judged.reduce((best, one) => (one.metric < best.metric ? one : best)).transcripts,
        ),
        cpuMs,
      };
    }
  } finally {
    peer.close();
    await rm(folder, { recursive: true });
  }
}

const mean = (runs: readonly Trained[]): number => runs.reduce((sum, { per }) => sum + per, 0) / runs.length;
const deviation = (runs: readonly Trained[]): number =>
  Math.sqrt(runs.reduce((sum, { per }) => sum + (per - mean(runs)) ** 2, 0) / Math.max(1, runs.length - 1));

function summary(name: string, runs: readonly Trained[], updates: number): Line {
  const rates = runs.map(({ per }) => per).sort((a, b) => a - b);
  return {
    name: `${name}, all`,
    seeds: runs.length,
    updates,
    bestPer: rounded(rates[0]!),
    medianPer: rounded(median(rates)),
    worstPer: rounded(rates.at(-1)!),
    meanPer: rounded(mean(runs)),
    standardDeviation: rounded(deviation(runs)),
    cpuMs: rounded(runs.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / runs.length),
  };
}
