// All duels with programs of others, in one run of some minutes: training steps, generator, encoder, k-means and PCA,
// language models, search of words, edit distance. A line each with the peer's version, or why it is missing.
import { AsrError } from '../src/core/errors.js';
import type { Compute } from '../src/core/stage.js';
import { benchEncoder } from './encoder.js';
import { benchGan, ganSizes, type GanLine } from './gan.js';
import { benchInference } from './inference.js';
import { benchRows, frames, type RowsShape } from './rows.js';
import type { Line } from './table.js';
import { benchTexts } from './texts.js';
import { rounded } from './timing.js';

export interface PeersBench {
  readonly compute: Compute;
  readonly peer: boolean;
  /** Smaller sizes and fewer measurements. */
  readonly quick: boolean;
}

/** By the name that `--only` takes. */
export const duels: Readonly<Record<string, (bench: PeersBench) => AsyncIterable<Line>>> = {
  gan: (bench) => ganDuels(bench, false),
  compiled: (bench) => ganDuels(bench, true),
  inference: ({ compute, peer }) => benchInference(compute, peer),
  encoder: ({ compute, peer, quick }) =>
    benchEncoder({ compute, sessions: 1, seconds: quick ? [5] : [5, 15, 30], rounds: quick ? 1 : 3, peer }),
  rows: ({ compute, peer, quick }) =>
    benchRows({ compute, peer, rounds: quick ? 1 : 3, shapes: quick ? fewFrames : frames }),
  texts: ({ peer, quick }) =>
    benchTexts({ sentences: quick ? 30_000 : 200_000, utterances: quick ? 10 : 40, rounds: quick ? 1 : 3, peer }),
};

const fewFrames = frames.map(([rows, columns]): RowsShape => [rows / 5, columns]);

export async function* benchPeers(names: readonly string[], bench: PeersBench): AsyncGenerator<Line> {
  for (const name of names) {
    const duel = duels[name];
    if (!duel) throw new AsrError('config', `peers: no duel "${name}"`, `There are ${Object.keys(duels).join(', ')}.`);
    yield* duel(bench);
  }
}

async function* ganDuels({ compute, peer, quick }: PeersBench, compiled: boolean): AsyncGenerator<Line> {
  const sizes = ganSizes.slice(0, compiled && quick ? 1 : ganSizes.length);
  const rounds = quick ? 2 : 5;
  for await (const line of benchGan({ compute, joint: true, peerJoint: false, sizes, peer, compiled, rounds })) {
    if (!compiled) yield pair(line);
    yield generatorStep(line, compiled);
  }
}

function pair({ size, ms, peerMs, ratio, cpuMs, peerCpuMs, cpuRatio, threads, shareOfPeak, peer }: GanLine): Line {
  const name = `GAN, pair of steps, ${size}`;
  return nullFor({ name, ms, peerMs, ratio, cpuMs, peerCpuMs, cpuRatio, threads, shareOfPeak, peer });
}

/** The step of the generator alone: what torch.compile has. */
function generatorStep(line: GanLine, compiled: boolean): Line {
  const [ms, cpuMs] = [line['generatorMs'] as number, line['generatorCpuMs'] as number];
  const [peerMs, peerCpuMs] = [line['peerGeneratorMs'] as number | null, line['peerGeneratorCpuMs'] as number | null];
  return nullFor({
    name: `GAN, generator step, ${line.size}${compiled ? ', theirs compiled' : ''}`,
    ms,
    peerMs,
    ratio: peerMs === null ? null : rounded(peerMs / ms),
    cpuMs,
    peerCpuMs,
    cpuRatio: peerCpuMs === null ? null : rounded(peerCpuMs / cpuMs),
    shareOfPeak: null, // the product's peak is of the pair
    threads: line['threads'],
    peer: line['generatorPeer'],
  });
}

const nullFor = (line: Readonly<Record<string, Line[string] | undefined>>): Line =>
  Object.fromEntries(Object.entries(line).map(([key, value]) => [key, value ?? null]));
