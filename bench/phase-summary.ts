// What a file of `bench phase` says: how many seeds converge under each settings and condition, how well and how soon,
// which early signs go with the final error rate, and the diagram over purity and boundary errors as an SVG.
import { readJsonl } from '../src/core/jsonl.js';
import { rankCorrelation } from './early.js';
import { cameNear, didConverge, phaseLine, type PhaseLine } from './phase.js';
import { drawing, escaped } from './pictures.js';
import type { Line } from './table.js';
import { median, rounded } from './timing.js';

export async function readPhase(files: readonly string[]): Promise<PhaseLine[]> {
  const lines: PhaseLine[] = [];
  for (const file of files) for await (const line of readJsonl(file, phaseLine)) lines.push(line);
  return lines;
}

const converged = ({ per, oracle }: PhaseLine): boolean => didConverge(per, oracle);
const near = ({ per, oracle }: PhaseLine): boolean => cameNear(per, oracle);
function groups(lines: readonly PhaseLine[], of: (line: PhaseLine) => string): PhaseLine[][] {
  const found = new Map<string, PhaseLine[]>();
  for (const line of lines) found.set(of(line), [...(found.get(of(line)) ?? []), line]);
  return [...found.values()];
}
const conditionOf = ({ purity, boundary, hours, sentences }: PhaseLine): string =>
  `purity ${purity}, boundary errors ${boundary}, ${hours} h, ${sentences} lines`;

/** A row for each settings and condition, then the signs' rank correlations. */
export function* summaryOf(lines: readonly PhaseLine[]): Generator<Line> {
  for (const same of groups(lines, (line) => [line.settings, line.updates, conditionOf(line)].join(': '))) {
    const [first] = same as [PhaseLine];
    const reached = same.flatMap((line) => (near(line) && line.reached !== null ? [line.reached] : []));
    yield {
      name: `${first.settings}: ${conditionOf(first)}`,
      converged: `${same.filter(converged).length}/${same.length}`,
      near: same.filter(near).length,
      medianPer: rounded(median(same.map(({ per }) => per))),
      oracle: first.oracle,
      reached: reached.length > 0 ? median(reached) : null,
      updates: first.updates,
      seconds: rounded(median(same.map(({ cpu }) => cpu))),
    };
  }
  yield* earlySigns(lines);
}

/** Within each condition, over seeds and settings, and the mean over conditions. */
function* earlySigns(lines: readonly PhaseLine[]): Generator<Line> {
  const shares = new Set(lines.flatMap(({ early }) => Object.keys(early ?? {})));
  for (const share of shares) {
    const known = groups(
      lines.flatMap((line) => (line.early?.[share] ? [line] : [])),
      conditionOf,
    ).filter((same) => same.length > 2 && new Set(same.map(({ per }) => per)).size > 1);
    const correlation = (same: readonly PhaseLine[], sign: string): number =>
      rankCorrelation(
        same.map(({ early }) => early![share]![sign]!),
        same.map(({ per }) => per),
      );
    const signs = Object.keys(known[0]?.[0]?.early?.[share] ?? {}).map((sign): [string, number | null] => {
      const each = known.map((same) => correlation(same, sign)).filter(Number.isFinite);
      return [sign, each.length > 0 ? rounded(each.reduce((sum, value) => sum + value, 0) / each.length) : null];
    });
    const trainings = known.reduce((sum, same) => sum + same.length, 0);
    const over = `${trainings} trainings, mean of ${known.length} conditions`;
    yield {
      name: `rank correlation with PER after ${100 * Number(share)} %: ${over}`,
      ...Object.fromEntries(signs),
    };
  }
}

const side = 26;
const shades = [
  { of: converged, fill: '#2c7a4b', means: "1.15 times the oracle's errors or 1 point more" },
  { of: near, fill: '#b7d98b', means: '1.5 times or 10 points more' },
  { of: () => true, fill: '#d9d9d9', means: 'not found' },
] as const;
const shadeOf = (line: PhaseLine): string => shades.find(({ of }) => of(line))!.fill;

/** One square a seed, the best first. @param lines of one hours and text */
export function phaseDiagram(lines: readonly PhaseLine[], title: string): string {
  const values = (of: (line: PhaseLine) => number): number[] => [...new Set(lines.map(of))];
  const purities = values(({ purity }) => purity).sort((a, b) => b - a);
  const boundaries = values(({ boundary }) => boundary).sort((a, b) => a - b);
  const methods = [...new Set(lines.map(({ settings }) => settings))];
  const [left, top, wide, high] = [150, 54, 180, 2 * side + 14];
  const parts = purities.map(
    (purity, column) => `<text x="${left + column * wide}" y="${top - 14}" fill="#222">purity ${purity}</text>`,
  );
  let y = top;
  for (const method of methods) {
    parts.push(`<text x="8" y="${y + 12}" font-weight="bold" fill="#222">${escaped(method)}</text>`);
    for (const boundary of boundaries) {
      parts.push(`<text x="8" y="${y + 32}" fill="#444">${100 * boundary} % ins. and del.</text>`);
      purities.forEach((purity, column) => {
        const here = lines
          .filter((line) => line.settings === method && line.purity === purity && line.boundary === boundary)
          .sort((a, b) => a.per - b.per);
        if (here.length === 0) return;
        const x = left + column * wide;
        here.forEach((line, i) => {
          const at = `x="${x + i * (side + 2)}" y="${y + 4}" width="${side}" height="${side}"`;
          parts.push(`<rect ${at} fill="${shadeOf(line)}"><title>seed ${line.seed}: ${line.per} %</title></rect>`);
        });
        const best = `best ${here[0]!.per}, oracle ${here[0]!.oracle} %`;
        parts.push(`<text x="${x}" y="${y + side + 18}" fill="#444" font-size="11">${best}</text>`);
      });
      y += high;
    }
    y += 8;
  }
  shades.forEach(({ fill, means }, i) => {
    const x = 8 + i * 330;
    parts.push(`<rect x="${x}" y="${y}" width="16" height="16" fill="${fill}"/>`);
    parts.push(`<text x="${x + 22}" y="${y + 13}" fill="#222">${escaped(means)}</text>`);
  });
  return drawing(title, y + 26, parts);
}
