// Training curves of every run, from metrics.jsonl and evaluations.jsonl, thinned while they are read: a night of
// training writes hundreds of thousands of lines.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonl } from '../core/jsonl.js';

export type Point = readonly [x: number, y: number];

/** A stream of points, at most twice `limit` of them in memory: neighbours are averaged when there are too many. */
export class ThinnedCurve {
  readonly #limit: number;
  #points: [number, number][] = [];
  #stride = 1;
  #pending = { x: 0, y: 0, count: 0 };

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(x: number, y: number): void {
    this.#pending = { x: this.#pending.x + x, y: this.#pending.y + y, count: this.#pending.count + 1 };
    if (this.#pending.count < this.#stride) return;
    this.#flush();
    if (this.#points.length < 2 * this.#limit) return;
    const halved: [number, number][] = [];
    for (let i = 0; i + 1 < this.#points.length; i += 2) {
      const [a, b] = [this.#points[i]!, this.#points[i + 1]!];
      halved.push([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    }
    this.#points = halved;
    this.#stride *= 2;
  }

  #flush(): void {
    const { x, y, count } = this.#pending;
    if (count > 0) this.#points.push([x / count, y / count]);
    this.#pending = { x: 0, y: 0, count: 0 };
  }

  /** The points so far. */
  get points(): readonly Point[] {
    const { x, y, count } = this.#pending;
    return count === 0 ? this.#points : [...this.#points, [x / count, y / count]];
  }
}

/** Measures worth a chart, in the order they are shown: where they come from, and what they are for people. */
const measures = [
  { key: 'loss', title: 'Loss of n-gram matching', better: 'lower' },
  { key: 'logLikelihood', title: 'Log-likelihood of the phone HMM, per frame', better: 'higher' },
  { key: 'metric', title: 'Label-free metric during training', better: 'lower' },
  { key: 'vocabularySeen', title: 'Share of the phone set in use', better: 'higher' },
  { key: 'codePerplexity', title: 'Perplexity of the phones used in a batch', better: 'higher' },
  { key: 'discriminatorAccuracy', title: 'How often the discriminator is right (0.5 = cannot tell)', better: '' },
  { key: 'lengthRatio', title: 'Length of the output against lines of text', better: '' },
  { key: 'gradientNorm', title: 'Gradient norm', better: '' },
] as const;

const steps = ['step', 'pass', 'update'] as const;

export interface CurveChart {
  readonly key: string;
  readonly title: string;
  /** What the x axis counts. */
  readonly x: string;
  /** Whether lower or higher is better; '' where neither is. */
  readonly better: string;
  readonly series: readonly { readonly run: string; readonly points: readonly Point[] }[];
}

const lineSchema = z.record(z.string(), z.unknown());

/** @param learn output folder of the learn stage. @param runs their names. @returns charts that have any point */
export async function readCurves(learn: string, runs: readonly string[], limit: number): Promise<CurveChart[]> {
  const charts = new Map<string, { x: string; series: Map<string, ThinnedCurve> }>();
  for (const run of runs) {
    for (const file of ['metrics.jsonl', 'evaluations.jsonl']) {
      const path = join(learn, 'runs', run, file);
      if (!existsSync(path)) continue;
      for await (const line of readJsonl(path, lineSchema)) addLine(charts, run, line, limit);
    }
  }
  return measures.flatMap(({ key, title, better }) => {
    const chart = charts.get(key);
    return chart
      ? [
          {
            key,
            title,
            better,
            x: chart.x,
            series: [...chart.series].map(([run, curve]) => ({ run, points: curve.points })),
          },
        ]
      : [];
  });
}

function addLine(
  charts: Map<string, { x: string; series: Map<string, ThinnedCurve> }>,
  run: string,
  line: Record<string, unknown>,
  limit: number,
): void {
  const x = steps.find((name) => typeof line[name] === 'number');
  if (x === undefined) return;
  // Evaluations of adversarial training keep theirs one level down.
  const values = { ...line, ...(lineSchema.safeParse(line['score']).data ?? {}) };
  for (const { key } of measures) {
    const y = values[key];
    if (typeof y !== 'number' || !Number.isFinite(y)) continue;
    const chart = charts.get(key) ?? { x, series: new Map<string, ThinnedCurve>() };
    const curve = chart.series.get(run) ?? new ThinnedCurve(limit);
    curve.add(line[x] as number, y);
    chart.series.set(run, curve);
    charts.set(key, chart);
  }
}
