// The page of a run: its sections in order, and what its script draws.
import type { ReportContent } from './content.js';
import { renderDocument, type PageAssets } from './document.js';
import { html } from './html.js';
import { choiceSection, curvesSection } from './sections/learning.js';
import { overview, pipelineSection } from './sections/overview.js';
import { listingSection } from './sections/listing.js';
import { errorsSection, frequenciesSection } from './sections/phones.js';
import { provenanceSection } from './sections/provenance.js';
import { utterancesSection } from './sections/utterances.js';

const sections = [
  { id: 'choice', title: 'Choice without labels', render: choiceSection },
  { id: 'curves', title: 'Training curves', render: curvesSection },
  { id: 'errors', title: 'Errors', render: errorsSection },
  { id: 'utterances', title: 'Utterances', render: utterancesSection },
  { id: 'all', title: 'All utterances', render: listingSection },
  { id: 'frequencies', title: 'Phones in text and output', render: frequenciesSection },
  { id: 'pipeline', title: 'Pipeline', render: pipelineSection },
  { id: 'provenance', title: 'Config and provenance', render: provenanceSection },
] as const;

export function renderPage(content: ReportContent, assets: PageAssets): string {
  return renderDocument(
    {
      title: `${content.title}: report`,
      heading: content.title,
      kicker: 'Unsupervised speech recognition: report of a run',
      lead: html`<section aria-label="Results">${overview(content)}</section>`,
      sections: sections
        .filter(({ id }) => id !== 'errors' || content.score)
        .map(({ id, title, render }) => ({ id, title, body: render(content) })),
      program: content.pipeline.at(-1)?.record.program ?? 'asr',
      data: chartData(content),
    },
    assets,
  );
}

/** What the page's script draws. */
function chartData({ choice, curves, comparison, frequencies, examples, scoredRuns, listing }: ReportContent): object {
  const rounded = (value: number): number => Number(value.toPrecision(5));
  return {
    runs: choice.runs.map(({ name, metric, state, chosen }) => ({ name, metric, state, chosen })),
    scoredRuns: scoredRuns.filter(({ metric, per }) => metric !== null && per !== null),
    textMetric: choice.textMetric ?? null,
    curves: curves.map(({ key, x, series }) => ({
      key,
      x,
      series: series.map(({ run, points }) => ({ run, points: points.map(([a, b]) => [rounded(a), rounded(b)]) })),
    })),
    errors: comparison?.tally.phones ?? [],
    frequencies: frequencies.phones,
    listing: listing.rows,
    sounds: examples.map(({ seconds, speech, boundaries, phones }) => ({ seconds, speech, boundaries, phones })),
  };
}
