// Drawings of docs/ as SVG: a transcript below its sound, turns of speakers, a terminal.
import type { SpokenTurn } from './diarisation-error.js';

const width = 900;
const left = 8;
const colours = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951'];

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export function drawing(title: string, height: number, lines: readonly string[], font = 'sans-serif'): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="${font}"`;
  return `${head} font-size="13" role="img"><title>${escaped(title)}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${lines.join('\n')}
</svg>
`;
}

export interface Label {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly confidence?: number | undefined;
}

/**
 * @param samples of -1 to 1, 16 kHz. @param tiers from above
 * @returns an SVG; labels of a confidence below .5 are pale
 */
export function soundAndTiers(title: string, samples: Float32Array, tiers: readonly (readonly Label[])[]): string {
  const seconds = samples.length / 16_000;
  const x = (time: number): number => left + ((width - 2 * left) * time) / seconds;
  const columns = width - 2 * left;
  const most = Math.max(
    1e-3,
    samples.reduce((top, value) => Math.max(top, Math.abs(value)), 0),
  );
  const heights = Array.from({ length: columns }, (_, at) => {
    const part = samples.subarray((at * samples.length) / columns, ((at + 1) * samples.length) / columns);
    return (40 * part.reduce((top, value) => Math.max(top, Math.abs(value)), 0)) / most;
  });
  const above = heights.map((value, at) => `${left + at},${(50 - value).toFixed(1)}`);
  const below = heights.map((value, at) => `${left + at},${(50 + value).toFixed(1)}`).reverse();
  const boxes = tiers.flatMap((labels, tier) =>
    labels.map(({ start, end, text, confidence }) => {
      const y = 100 + 38 * tier;
      const box = `<rect x="${x(start).toFixed(1)}" y="${y}" width="${(x(end) - x(start)).toFixed(1)}" height="30"`;
      const fill = (confidence ?? 1) < 0.5 ? '#f5f5f5' : '#cfe5ec';
      const middle = x((start + end) / 2).toFixed(1);
      return `${box} fill="${fill}" stroke="#777" stroke-width=".6"/>
<text x="${middle}" y="${y + 20}" text-anchor="middle" fill="#222">${escaped(text)}</text>`;
    }),
  );
  const foot = 100 + 38 * tiers.length + 16;
  const marks = Array.from(
    { length: Math.floor(seconds) + 1 },
    (_, second) => `<text x="${x(second).toFixed(1)}" y="${foot}" fill="#555" font-size="11">${second} s</text>`,
  );
  const wave = `<polygon points="${[...above, ...below].join(' ')}" fill="#5b626d"/>`;
  return drawing(title, foot + 8, [wave, ...boxes, ...marks]);
}

/** @param rows turns of the same people under each name, for so many seconds */
export function turnRows(
  title: string,
  rows: Readonly<Record<string, readonly SpokenTurn[]>>,
  seconds: number,
): string {
  const from = 90;
  const x = (time: number): number => from + ((width - from - 10) * time) / seconds;
  const lines = Object.entries(rows).flatMap(([name, turns], row) => {
    const y = 10 + 40 * row;
    const people = [...new Set(turns.map(({ speaker }) => speaker))];
    const boxes = turns
      .filter(({ start }) => start < seconds)
      .map(({ start, end, speaker }) => {
        const size = (x(Math.min(seconds, end)) - x(start)).toFixed(1);
        const fill = colours[people.indexOf(speaker) % colours.length]!;
        return `<rect x="${x(start).toFixed(1)}" y="${y}" width="${size}" height="30" fill="${fill}"/>`;
      });
    return [`<text x="8" y="${y + 20}" fill="#222">${escaped(name)}</text>`, ...boxes];
  });
  const foot = 10 + 40 * Object.keys(rows).length;
  for (let second = 0; second <= seconds; second += 20) {
    const anchor = second === seconds ? 'end' : 'middle';
    lines.push(
      `<text x="${x(second).toFixed(1)}" y="${foot + 14}" text-anchor="${anchor}" fill="#444">${second} s</text>`,
    );
  }
  return drawing(title, foot + 24, lines);
}

/** @param lines as a terminal shows them; those that begin with `$ ` were typed */
export function terminal(title: string, lines: readonly string[]): string {
  const height = 24 + 20 * lines.length;
  return drawing(
    title,
    height,
    [
      `<rect width="${width}" height="${height}" rx="8" fill="#1b1f24"/>`,
      ...lines.map((line, row) => {
        const fill = line.startsWith('$ ') ? '#8ddb8c' : '#e6edf3';
        return `<text x="16" y="${28 + 20 * row}" fill="${fill}" xml:space="preserve">${escaped(line)}</text>`;
      }),
    ],
    'monospace',
  );
}
