// The page of trends: every recipe's error over time with its noise band, blessed nights, durations and memory, in one
// self-contained file.
import { writeFile, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { programVersion } from '../core/version.js';
import { loadAssets } from '../report/assets.js';
import { renderDocument } from '../report/document.js';
import { html, type Html, type HtmlValue } from '../report/html.js';
import { duration, size } from '../core/readable.js';
import { chart, table } from '../report/sections/table.js';
import type { History, Night } from './history.js';
import { shownChange, shownValue } from './lines.js';
import { guessOf, referenceOf, valuesOf } from './night.js';
import { measureNames } from './seed-run.js';
import type { Measure } from './suite.js';
import { isGood } from './verdicts.js';

/** Nights of a recipe that the page shows, the latest. */
const shownNights = 120;

interface Trend {
  readonly id: string;
  readonly name: string;
  readonly nights: readonly Night[];
}

export async function writeTrendPage(history: History, path: string): Promise<void> {
  const trends = trendsOf(await history.nights());
  const page = renderDocument(
    {
      title: 'Trends of regression suites',
      heading: 'Trends',
      kicker: 'Unsupervised speech recognition: recipes over time',
      lead: overview(trends),
      sections: trends.map((trend) => ({ id: trend.id, title: trend.name, body: section(trend) })),
      program: programVersion,
      data: { trends: trends.map(trendData) },
    },
    await loadAssets(['regress/page/trend.js']),
  );
  await mkdir(dirname(resolve(path)), { recursive: true });
  await writeFile(path, page);
}

/** By name, since the settings of a recipe may change and its name stays. */
function trendsOf(nights: readonly Night[]): Trend[] {
  const byName = new Map<string, Night[]>();
  for (const night of nights) byName.set(night.name, [...(byName.get(night.name) ?? []), night]);
  return [...byName].map(([name, own], i) => ({ id: `recipe-${i}`, name, nights: own.slice(-shownNights) }));
}

const measureOf = (night: Night): Measure => night.measure as Measure;
const lastOf = ({ nights }: Trend): Night => nights.at(-1) as Night;
const sum = (values: readonly (number | null)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);
const largest = (night: Night): number => Math.max(0, ...night.results.map(({ memory }) => memory ?? 0));

function overview(trends: readonly Trend[]): Html {
  const bad = trends.filter((trend) => !isGood(lastOf(trend).verdict) && lastOf(trend).verdict !== 'skipped');
  const skipped = trends.filter((trend) => lastOf(trend).verdict === 'skipped');
  const verdict =
    trends.length === 0
      ? 'Nothing has been run yet.'
      : bad.length === 0
        ? `All ${trends.length === 1 ? '' : `${trends.length} `}recipes are as good as their references` +
          `${skipped.length > 0 ? ', as far as they ran' : ''}.`
        : `${bad.length} of ${trends.length} recipes need a look: ${bad.map(({ name }) => name).join(', ')}.`;
  return html`<section aria-label="Results">
    <p class="lead">${verdict}</p>
    ${
      trends.length > 0 &&
      table(
        'Last night of every recipe',
        [
          { name: 'Recipe' },
          { name: 'Last night' },
          { name: 'Result', number: true },
          { name: 'Reference', number: true },
          { name: 'What it means' },
        ],
        trends.map((trend) => {
          const night = lastOf(trend);
          const reference = referenceOf(trend.nights.filter(({ series }) => series === night.series));
          return { cells: [trend.name, day(night), shown(night), reference ? shown(reference) : '–', night.reason] };
        }),
      )
    }
  </section>`;
}

const day = ({ started }: Night): string => started.slice(0, 16).replace('T', ' ');
const shown = (night: Night): string => (night.value === null ? '–' : shownValue(night.value, measureOf(night)));

function section(trend: Trend): Html {
  const { id, nights } = trend;
  const last = lastOf(trend);
  const name = measureNames[measureOf(last)];
  const known = nights.filter(({ value }) => value !== null);
  const series = new Set(nights.map((night) => night.series)).size;
  const says =
    known.length === 0
      ? `No night of ${trend.name} has a result.`
      : `${name} of ${trend.name} over ${nights.length} nights: first ${shown(known[0] as Night)}, last ` +
        `${shown(known.at(-1) as Night)}, lowest ` +
        `${shownValue(Math.min(...known.map(({ value }) => value ?? Infinity)), measureOf(last))}.`;
  const rows = nights
    .map((night) => ({ kind: night.verdict === 'worse' ? 'collapsed' : night.verdict, cells: row(night) }))
    .reverse();
  const columns = [
    { name: 'Night (UTC)' },
    { name: 'Commit' },
    { name, number: true },
    { name: 'Tolerance', number: true },
    { name: 'Seeds' },
    { name: 'Metric', number: true },
    { name: 'Time', number: true },
    { name: 'CPU', number: true },
    { name: 'Memory', number: true },
    { name: 'What happened' },
    { name: 'Machine' },
  ];
  return html`<p>${last.reason}</p>
    ${
      series > 1 &&
      html`<p>
        Its settings were changed ${series === 2 ? 'once' : `${series - 1} times`}; results before and after are not
        compared with each other.
      </p>`
    }
    ${chart(`${id}-value`, `${name}, lower is better`, says, table(`Nights of ${trend.name}`, columns, rows), {
      key: key(nights),
      of: trend.name,
    })}
    <div class="pair">
      ${resources.map(({ kind, title, of }) =>
        chart(
          `${id}-${kind}`,
          title,
          `${title} of ${trend.name} over ${nights.length} nights, last ${of(last)}.`,
          table(
            `${title} of ${trend.name}`,
            [{ name: 'Night (UTC)' }, { name: title, number: true }],
            nights.map((night) => ({ cells: [day(night), of(night)] })).reverse(),
          ),
          { of: trend.name },
        ),
      )}
    </div>`;
}

const resources: readonly { readonly kind: string; readonly title: string; readonly of: (night: Night) => string }[] = [
  {
    kind: 'time',
    title: 'Time of a seed',
    of: (night) => duration(sum(night.results.map(({ wall }) => wall)) / Math.max(1, night.results.length)),
  },
  { kind: 'memory', title: 'Peak memory of a seed', of: (night) => size(largest(night) * 1048576) },
];

function row(night: Night): HtmlValue[] {
  const metric = night.results.flatMap((result) => result.metric ?? []);
  return [
    html`${day(night)}${night.blessed !== null && html` <b class="tag">blessed</b>`}`,
    night.commit === null ? '–' : html`<code>${night.commit.slice(0, 7)}</code>${night.dirty && ' and changes'}`,
    shown(night),
    night.tolerance === null ? '–' : `± ${shownChange(night.tolerance, measureOf(night))}`,
    night.results
      .map(
        (result) =>
          `${result.seed}: ` +
          (result.status === 'ok' ? shownValue(result[measureOf(night)] ?? NaN, measureOf(night)) : result.status),
      )
      .join(', '),
    metric.length === 0 ? '–' : (sum(metric) / metric.length).toFixed(2),
    duration(sum(night.results.map(({ wall }) => wall))),
    duration(sum(night.results.map(({ cpu }) => cpu))),
    size(largest(night) * 1048576),
    html`${night.verdict}:
    ${night.reason}${night.blessed !== null && night.blessed.note !== '' && ` (blessed: ${night.blessed.note})`}`,
    `${night.machine}, load ${night.load.toFixed(1)}`,
  ];
}

/** What the marks mean, of those that are drawn. */
function key(nights: readonly Night[]): Html {
  const has = (...verdicts: string[]): boolean => nights.some(({ verdict }) => verdicts.includes(verdict));
  return html`<ul class="key">
    <li><i class="swatch line chosen"></i>mean of a night</li>
    <li><i class="swatch point ok"></i>a seed</li>
    <li><i class="swatch band"></i>reference ± tolerance</li>
    ${
      nights.some((night) => guessOf(night) !== undefined) &&
      html`<li><i class="swatch line"></i>a guess that listens to nothing</li>`
    }
    ${
      nights.some(({ blessed }) => blessed) && html`<li><i class="swatch point blessed"></i>blessed</li>`
    }${has('worse') && html`<li><i class="swatch point unconverged"></i>worse</li>`}${
      has('failed', 'missing', 'collapsed', 'over-budget') &&
      html`<li><i class="swatch point collapsed"></i>no result: failed, collapsed or over budget</li>`
    }
  </ul>`;
}

/** Day, or the hour where the one before was on the same day. */
const labelOf = ({ started }: Night, before: Night | undefined): string =>
  before?.started.slice(0, 10) === started.slice(0, 10) ? started.slice(11, 16) : started.slice(5, 10);

/** What the page's script draws; shares as percent. */
function trendData({ id, nights }: Trend): object {
  const factor = (night: Night): number => (night.measure === 'metric' ? 1 : 100);
  const byId = new Map(nights.map((night) => [night.id, night]));
  return {
    id,
    unit: nights.at(-1)?.measure === 'metric' ? 'label-free metric' : 'percent',
    nights: nights.map((night, i) => {
      const reference = night.reference === null ? undefined : (byId.get(night.reference)?.value ?? undefined);
      return {
        label: labelOf(night, nights[i - 1]),
        when: day(night),
        verdict: night.verdict,
        blessed: night.blessed !== null,
        series: night.series,
        value: night.value === null ? null : night.value * factor(night),
        guess: (guessOf(night) ?? NaN) * factor(night) || null,
        seeds: valuesOf(night).map(({ value }) => value * factor(night)),
        band:
          reference === undefined || night.tolerance === null
            ? null
            : [(reference - night.tolerance) * factor(night), (reference + night.tolerance) * factor(night)],
        minutes:
          night.results.length === 0 ? null : sum(night.results.map(({ wall }) => wall)) / night.results.length / 60,
        cpuMinutes:
          night.results.every(({ cpu }) => cpu !== null) && night.results.length > 0
            ? sum(night.results.map(({ cpu }) => cpu)) / night.results.length / 60
            : null,
        memory: largest(night) || null,
      };
    }),
  };
}
