// Successive halving over seeds (Jamieson and Talwalkar, 2016): after some of their updates trainings are compared
// without labels, and those that promise least are dropped. What each showed goes in, who goes on and why comes out.
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { readJson } from '../core/jsonl.js';
import type { GanConfig } from '../gan/index.js';

/** What a training shows at a rung. */
export interface Sign {
  readonly seed: number;
  /** The label-free metric; null where nothing comes out, or where the training collapsed or diverged. */
  readonly metric: number | null;
}

export interface RungVerdict extends Sign {
  readonly stays: boolean;
  /** For people. */
  readonly reason: string;
}

/** Updates of each rung: whole evaluations, each more than the one before and fewer than all. */
export function rungUpdates({ updates, evaluateEvery, halving }: GanConfig): number[] {
  const rounded = halving.rungs.map((share) =>
    Math.max(evaluateEvery, Math.round((share * updates) / evaluateEvery) * evaluateEvery),
  );
  return [...new Set(rounded)].filter((at) => at < updates).sort((a, b) => a - b);
}

/**
 * The trainings with the lowest metrics stay; ties go to the lower seed.
 * @param keep share that stays, rounded up; one that has no metric never does
 */
export function rungVerdicts(
  signs: readonly Sign[],
  keep: number,
  updates: { at: number; all: number },
): RungVerdict[] {
  const known = signs.filter((sign): sign is Sign & { metric: number } => sign.metric !== null);
  known.sort((a, b) => a.metric - b.metric || a.seed - b.seed);
  const staying = known.slice(0, Math.ceil(keep * signs.length));
  const bar = staying.at(-1)?.metric;
  const lost = signs.filter(({ metric }) => metric === null);
  return [...known, ...lost].map(({ seed, metric }, rank) => {
    const stays = rank < staying.length;
    const shown = metric === null ? 'it collapsed' : `its metric, ${metric.toFixed(1)}`;
    const standing =
      metric === null ? shown : `${shown}, is number ${rank + 1} of ${signs.length} after ${updates.at} updates`;
    const others = bar === undefined ? 'none goes on' : `${staying.length} go on with ${bar.toFixed(1)} or less`;
    return {
      seed,
      metric,
      stays,
      reason: stays ? standing : `dropped after ${updates.at} of ${updates.all} updates: ${standing}, ${others}`,
    };
  });
}

const fileName = 'sign.json';
const signSchema = z.object({ seed: z.number().int(), metric: z.number().nullable() });

/** @param folder of the piece of work that trained up to the rung */
export const writeSign = (folder: string, sign: Sign): Promise<void> =>
  writeFileDurably(join(folder, fileName), JSON.stringify(sign));

export const readSign = (folder: string): Promise<Sign> => readJson(join(folder, fileName), signSchema);
