// The whole page: one file that needs nothing else, neither a server nor a network.
import type { ReportContent } from './content.js';
import { Html, html, inlineJson } from './html.js';
import { choiceSection, curvesSection } from './sections/learning.js';
import { overview, pipelineSection } from './sections/overview.js';
import { errorsSection, frequenciesSection } from './sections/phones.js';
import { provenanceSection } from './sections/provenance.js';
import { utterancesSection } from './sections/utterances.js';

/** Source texts that go into the page. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
  /** Chart.js, as a script that sets `Chart`. */
  readonly charts: string;
}

const sections = [
  { id: 'choice', title: 'Choice without labels', render: choiceSection },
  { id: 'curves', title: 'Training curves', render: curvesSection },
  { id: 'errors', title: 'Errors', render: errorsSection },
  { id: 'utterances', title: 'Utterances', render: utterancesSection },
  { id: 'frequencies', title: 'Phones in text and output', render: frequenciesSection },
  { id: 'pipeline', title: 'Pipeline', render: pipelineSection },
  { id: 'provenance', title: 'Config and provenance', render: provenanceSection },
] as const;

export function renderPage(content: ReportContent, assets: PageAssets): string {
  const shown = sections.filter(({ id }) => id !== 'errors' || content.score);
  // A script that holds "</script" would end early; neither of ours does, a new version might.
  const script = (source: string): Html => new Html(`<script>${source.replace(/<\/script/giu, '<\\/script')}</script>`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; media-src data:; img-src data:">
<title>${content.title}: report</title>
<link rel="icon" href="data:,">
<style>${new Html(assets.style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header><p class="kicker">Unsupervised speech recognition: report of a run</p><h1>${content.title}</h1></header>
<nav aria-label="Sections"><ul>${shown.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main id="main">
<section aria-label="Results">${overview(content)}</section>
${shown.map(({ id, title, render }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${render(content)}</section>
`)}</main>
<footer><p>Written by ${content.pipeline.at(-1)?.record.program ?? 'asr'}. This file loads nothing from anywhere.</p></footer>
<script type="application/json" id="report-data">${inlineJson(chartData(content))}</script>
${script(assets.charts)}
${script(assets.script)}
</body>
</html>
`.text;
}

/** What the page's script draws. */
function chartData({ choice, curves, comparison, frequencies, examples, scoredRuns }: ReportContent): object {
  const rounded = (value: number): number => Number(value.toPrecision(5));
  return {
    runs: choice.runs.map(({ name, metric, state, chosen }) => ({ name, metric, state, chosen })),
    scoredRuns: scoredRuns.filter(({ metric, per }) => metric !== null && per !== null),
    textMetric: choice.textMetric ?? null,
    curves: curves.map(({ key, x, series }) => ({ key, x, series: series.map(({ run, points }) => ({ run, points: points.map(([a, b]) => [rounded(a), rounded(b)]) })) })),
    errors: comparison?.tally.phones ?? [],
    frequencies: frequencies.phones,
    sounds: examples.map(({ seconds, speech, boundaries, phones }) => ({ seconds, speech, boundaries, phones })),
  };
}
