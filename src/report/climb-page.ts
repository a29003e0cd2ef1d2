// The tries of `asr climb` in, a page out: parallel coordinates (an axis a setting, a line a try, the last axis the
// label-free metric), the training curves of all tries over each other, and the table.
import { writeFile } from 'node:fs/promises';
import { programVersion } from '../core/version.js';
import { loadAssets } from './assets.js';
import { renderDocument } from './document.js';
import { html, type Html } from './html.js';
import { drawing, overlaidCurves, rankColour } from './overlay.js';

export interface ShownTry {
  /** Values of the settings, in the order of the keys. */
  readonly values: readonly string[];
  /** The try's run folder. */
  readonly folder: string;
  /** The run that learn chose there, and its metric; absent where the try failed. */
  readonly run?: { readonly name: string; readonly metric: number };
  readonly best: boolean;
}

const { width, height, edge } = drawing;

/** Writes `path`. @param keys names of the settings. @param measure what `metric` of the tries is */
export async function writeClimbPage(
  path: string,
  title: string,
  keys: readonly string[],
  tries: readonly ShownTry[],
  measure = 'metric',
): Promise<void> {
  const ranked = [...tries].sort((a, b) => metricOf(a) - metricOf(b));
  const colours = new Map(ranked.map((one, rank) => [one, rankColour(rank / Math.max(1, ranked.length - 1))]));
  const drawn = tries.flatMap((one) =>
    one.run
      ? [{ folder: one.folder, run: one.run.name, colour: colours.get(one) ?? 'currentColor', bold: one.best }]
      : [],
  );
  const page = renderDocument(
    {
      title: `Tries of ${title}`,
      heading: `Tries of ${title}`,
      kicker: 'Unsupervised speech recognition: a search over settings',
      lead: html`<p>
        ${tries.length} tries over ${keys.join(', ')}. The ${measure} was computed without labels; lower is better.
        Lines go from blue, the best, to orange, the worst.
      </p>`,
      sections: [
        { id: 'parallel', title: `Settings and ${measure}`, body: parallel(keys, ranked, colours, measure) },
        ...(await overlaidCurves(drawn)),
        { id: 'tries', title: 'Tries', body: table(keys, ranked, measure) },
      ],
      program: programVersion,
      data: {},
    },
    await loadAssets(),
  );
  await writeFile(path, page);
}

const metricOf = ({ run }: ShownTry): number => (run && Number.isFinite(run.metric) ? run.metric : Infinity);
const shownMetric = (one: ShownTry): string => (Number.isFinite(metricOf(one)) ? metricOf(one).toFixed(2) : 'failed');
const nameOf = ({ values }: ShownTry, keys: readonly string[]): string =>
  keys.map((key, i) => `${key}=${values[i] ?? ''}`).join(' ');

/** Values stand on an axis in the order of numbers, else in that of the tries, at equal distances. */
function placesOf(tries: readonly ShownTry[], axis: number): Map<string, number> {
  const values = [...new Set(tries.map(({ values: all }) => all[axis] ?? ''))];
  if (values.every((value) => Number.isFinite(Number(value)))) values.sort((a, b) => Number(a) - Number(b));
  return new Map(values.map((value, i) => [value, values.length === 1 ? 0.5 : i / (values.length - 1)]));
}

function parallel(
  keys: readonly string[],
  ranked: readonly ShownTry[],
  colours: ReadonlyMap<ShownTry, string>,
  measure: string,
): Html {
  const axes = keys.map((_, axis) => placesOf(ranked, axis));
  const metrics = ranked.map(metricOf).filter(Number.isFinite);
  const [low, high] = [Math.min(...metrics), Math.max(...metrics)];
  const x = (axis: number): number => edge + (axis * (width - 2 * edge)) / keys.length;
  const y = (share: number): number => height - edge / 2 - share * (height - 1.5 * edge);
  const ofMetric = (one: ShownTry): number =>
    Number.isFinite(metricOf(one)) ? (high === low ? 0.5 : (metricOf(one) - low) / (high - low)) : 1;
  const line = (one: ShownTry): string =>
    [...axes.map((places, i) => `${x(i)},${y(places.get(one.values[i] ?? '') ?? 0)}`)]
      .concat(`${x(keys.length)},${y(ofMetric(one))}`)
      .join(' ');
  const label = (at: number, up: number, text: string): Html =>
    html`<text x="${at - 6}" y="${up + 4}" text-anchor="end" class="over-lines">${text}</text>`;
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Parallel coordinates of all tries"
    width="100%"
    font-size="12"
  >
    ${[...keys, measure].map(
      (key, i) =>
        html`<line x1="${x(i)}" x2="${x(i)}" y1="${y(0)}" y2="${y(1)}" stroke="currentColor" stroke-opacity="0.4" />
          <text x="${x(i)}" y="${edge / 3}" text-anchor="middle" fill="currentColor">${key}</text>`,
    )}
    ${ranked
      .toReversed()
      .map(
        (one) =>
          html`<polyline
            points="${line(one)}"
            fill="none"
            stroke="${colours.get(one)}"
            stroke-width="${one.best ? 4 : 1.5}"
            ><title>${nameOf(one, keys)}: ${shownMetric(one)}</title></polyline
          >`,
      )}
    ${axes.map((places, i) => [...places].map(([value, share]) => label(x(i), y(share), value)))}
    ${metrics.length > 0 && [low, high].map((value, i) => label(x(keys.length), y(i), value.toFixed(2)))}
  </svg>`;
}

const table = (keys: readonly string[], ranked: readonly ShownTry[], measure: string): Html =>
  html`<table>
    <thead>
      <tr>
        ${[...keys, measure, 'run'].map((key) => html`<th scope="col">${key}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${ranked.map(
        (one) =>
          html`<tr>
            ${[...one.values, shownMetric(one), one.folder].map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
