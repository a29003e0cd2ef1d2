// Training curves of several runs over each other: run folders and their colours in, a picture for every measure out.
import { join } from 'node:path';
import { readCurves, type CurveChart, type Point } from './curves.js';
import { html, type Html } from './html.js';

export interface OverlaidRun {
  /** Of the run. */
  readonly folder: string;
  /** The training that learn chose there. */
  readonly run: string;
  readonly colour: string;
  readonly bold: boolean;
}

/** Of a drawing, in its own units. */
export const drawing = { width: 900, height: 340, edge: 60 } as const;
const { width, height, edge } = drawing;
const curvePoints = 200;

/** From blue, the first, by purple to orange, the last: each stands out from light and dark paper by about 3 to 1. */
export const rankColour = (share: number): string =>
  `hsl(${Math.round(220 + 170 * share) % 360} 75% ${Math.round(62 - 18 * share)}%)`;

/** Sections of a page, one for each measure that any of the runs wrote. */
export async function overlaidCurves(
  runs: readonly OverlaidRun[],
): Promise<{ readonly id: string; readonly title: string; readonly body: Html }[]> {
  const charts = new Map<string, CurveChart>();
  for (const [i, { folder, run }] of runs.entries()) {
    for (const chart of await readCurves(join(folder, 'learn'), [run], curvePoints)) {
      const before = charts.get(chart.key) ?? { ...chart, series: [] };
      const series = chart.series.map(({ points }) => ({ run: String(i), points }));
      charts.set(chart.key, { ...before, series: [...before.series, ...series] });
    }
  }
  return [...charts.values()].map((chart) => ({ id: chart.key, title: chart.title, body: overlaid(chart, runs) }));
}

/** A single point is a line from it to itself: its round end is a dot. */
function overlaid(chart: CurveChart, runs: readonly OverlaidRun[]): Html {
  const points = chart.series.flatMap((series) => series.points);
  const [left, right] = extremes(points.map(([x]) => x));
  const [low, high] = extremes(points.map(([, y]) => y));
  const at = ([x, y]: Point): string =>
    `${(edge + ((x - left) / (right - left)) * (width - 2 * edge)).toFixed(1)},` +
    (height - edge / 2 - ((y - low) / (high - low)) * (height - edge)).toFixed(1);
  const text = (x: number, y: number, anchor: string, value: string): Html =>
    html`<text x="${x}" y="${y}" text-anchor="${anchor}" fill="currentColor">${value}</text>`;
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${chart.title}" width="100%" font-size="12">
    ${text(edge - 6, edge / 2, 'end', high.toPrecision(4))}
    ${text(edge - 6, height - edge / 2, 'end', low.toPrecision(4))}
    ${text(width - edge, height - 8, 'end', `${chart.x} ${right.toFixed(0)}`)}
    ${chart.series.map(({ run, points: curve }) => {
      const own = runs[Number(run)];
      return html`<polyline
        points="${(curve.length === 1 ? [...curve, ...curve] : curve).map(at).join(' ')}"
        fill="none"
        stroke-linecap="round"
        stroke="${own?.colour ?? 'currentColor'}"
        stroke-width="${curve.length === 1 ? 7 : own?.bold === true ? 3 : 1.2}"
      />`;
    })}
  </svg>`;
}

function extremes(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low === high ? [low - 1, high + 1] : [low, high];
}
