// The choice among runs without labels: every run of the learn stage by its metric, and the metric of held-out text.
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonl } from '../core/jsonl.js';
import { runSchema } from '../learn/run-folder.js';
import { readTextStats } from '../text/folder.js';

const lineSchema = runSchema.extend({ chosen: z.boolean() });
export type ReportedRun = z.infer<typeof lineSchema>;

export interface Choice {
  /** The best metric first; runs whose metric is not finite last. */
  readonly runs: readonly ReportedRun[];
  readonly chosen: ReportedRun | undefined;
  /** What held-out sentences of the text get; undefined where the text was too small to hold any out. */
  readonly textMetric: number | undefined;
}

/** @param folders output folders of the stages learn and text */
export async function readChoice(folders: { readonly learn: string; readonly text: string }): Promise<Choice> {
  const runs: ReportedRun[] = [];
  for await (const run of readJsonl(join(folders.learn, 'runs.jsonl'), lineSchema)) runs.push(run);
  runs.sort((a, b) => (a.metric ?? Infinity) - (b.metric ?? Infinity) || Number(b.chosen) - Number(a.chosen));
  const stats = await readTextStats(folders.text, 'heldOutPerplexity');
  return { runs, chosen: runs.find(({ chosen }) => chosen), textMetric: stats.heldOutPerplexity ?? undefined };
}
