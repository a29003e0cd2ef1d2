// How learning went: the choice among the runs without labels, and their training curves.
import { collapseCounts, collapseWarnings } from '../../learn/collapse-report.js';
import type { ScoredRun, ScoreReport } from '../../score/report.js';
import type { PassLine } from '../../selftrain/output.js';
import type { ReportContent } from '../content.js';
import type { CurveChart } from '../curves.js';
import { html, type Html } from '../html.js';
import { amount, percent } from '../../core/readable.js';
import type { ReportedRun } from '../runs.js';
import { chart, table } from './table.js';

const stateWords: Record<ReportedRun['state'], string> = {
  ok: 'sound',
  unconverged: 'not converged',
  collapsed: 'collapsed',
};

export function choiceSection({
  choice: { runs, chosen, textMetric },
  score,
  scoredRuns,
  passes,
  passChoice,
}: ReportContent): Html {
  const collapsed = runs.filter(({ state }) => state === 'collapsed').length;
  const says =
    `Label-free metric of ${runs.length} runs, from ${amount(runs[0]?.metric ?? Infinity)} (` +
    `${runs[0]?.name ?? 'none'}) upwards; ` +
    `${textMetric === undefined ? 'no held-out text to compare with' : `held-out text has ${amount(textMetric)}`}; ` +
    `${collapsed} collapsed.`;
  const rates = new Map(scoredRuns.map(({ name, per }) => [name, per]));
  const rows = runs.map((run) => ({
    kind: run === chosen ? 'chosen' : run.state,
    cells: [
      run === chosen ? html`${run.name} <b class="tag">chosen</b>` : run.name,
      amount(run.metric ?? Infinity),
      amount(run.perplexity ?? Infinity),
      percent(run.vocabularySeen, 0),
      run.logLengthRatio === null ? '–' : `× ${Math.exp(run.logLengthRatio).toFixed(2)}`,
      stateWords[run.state] + (run.reason === '' ? '' : `: ${run.reason}`),
      run.method,
      run.seed,
      ...(scoredRuns.length > 0 ? [rateText(rates.get(run.name))] : []),
    ],
  }));
  const columns = [
    { name: 'Run' },
    { name: 'Metric', number: true },
    { name: 'Perplexity', number: true },
    { name: 'Phones used', number: true },
    { name: 'Length', number: true },
    { name: 'State' },
    { name: 'Method' },
    { name: 'Started from' },
    ...(scoredRuns.length > 0 ? [{ name: 'PER, greedy', number: true }] : []),
  ];
  return html`<p>
      The metric is the perplexity of a run's output for a language model of the text, divided by the squared share of
      the phone set that it uses. It needs no transcript; lower is better. Length is phones in an utterance against
      phones in a sentence of the
      text.${score && scoredRuns.length === 0 && ' Only the chosen run was decoded and scored.'}
    </p>
    ${chart('chart-runs', 'Label-free metric of every run', says, table('Every run', columns, rows), {
      rows: runs.length,
      key: html`<ul class="key">
        <li><i class="swatch chosen"></i>chosen</li>
        ${
          runs.some((run) => run !== chosen && run.state === 'ok') && html`<li><i class="swatch other"></i>other</li>`
        }${
          runs.some((run) => run !== chosen && run.state === 'unconverged') &&
          html`<li><i class="swatch unconverged"></i>not converged</li>`
        }${collapsed > 0 && html`<li><i class="swatch collapsed"></i>collapsed</li>`}${
          textMetric !== undefined && html`<li><i class="swatch line"></i>held-out text, ${amount(textMetric)}</li>`
        }
      </ul>`,
    })}
    ${
      chosen?.synthetic &&
      !chosen.sources &&
      html`<p>
        The chosen run learned from synthetic speech as well: eSpeak NG read the unpaired text aloud, and the sounds it
        made were the first labels. No transcript of a human voice was used.
      </p>`
    }
    ${
      chosen?.sources &&
      html`<p>The chosen run learned from other speech as well, whose sounds were the first labels:</p>
        <ul>
          ${chosen.sources.map(
            ({ name, labelled, utterances, seconds, share }) =>
              html`<li>
                ${name} (${percent(share)}): ${labelled}; ${String(utterances)} utterances, ${(seconds / 60).toFixed(0)}
                minutes
              </li>`,
          )}
        </ul>`
    }
    ${
      collapsed > 0 &&
      html`<p>Collapsed: ${collapseCounts(runs)}.</p>
        <ul>
          ${collapseWarnings(runs).map((line) => html`<li>${line}</li>`)}
        </ul>`
    }
    ${score && scoredRuns.length > 0 && againstReferences(score, scoredRuns)}
    ${passes.length > 0 && passesTable(passes, score, passChoice)}`;
}

const rateText = (per: number | null | undefined): string => (per === null || per === undefined ? '–' : percent(per));

/** How good the choice was, which only references can tell. */
function againstReferences({ choice }: ScoreReport, scored: readonly ScoredRun[]): Html {
  const correlation = choice?.rankCorrelation ?? null;
  const facts =
    choice &&
    [
      `The chosen run, ${choice.chosen.name}, has ${percent(choice.chosen.per)}; the best, ${choice.best.name}, ` +
        `has ${percent(choice.best.per)}: the choice without labels cost ${(choice.regret * 100).toFixed(1)} points.`,
      correlation === null
        ? 'Too few runs for a rank correlation.'
        : `Rank correlation of metric and error rate (Spearman): ${correlation.toFixed(2)} over ${choice.runs} ` +
          'runs; 1 would be a metric that orders runs as references do.',
    ].join(' ');
  const says =
    `Phone error rate against label-free metric, one point for each of ${scored.length} runs. ` + `${facts ?? ''}`;
  const drawn = new Set(scored.map(({ state, chosen }) => (chosen ? 'chosen' : state)));
  return html`<h3>The choice against references</h3>
    <p>
      After the choice was made, every run was decoded greedily and compared with
      ${choice ? `${amount(choice.references)} references` : 'references'}; nothing of it went back into learning.
      ${facts} These rates compare runs with each other: the result above is decoded with the language model.
    </p>
    ${chart(
      'chart-choice',
      'Phone error rate against label-free metric',
      says,
      table(
        'Metric and error rate of every run',
        [{ name: 'Run' }, { name: 'Metric', number: true }, { name: 'PER, greedy', number: true }, { name: 'State' }],
        scored.map((run) => ({
          kind: run.chosen ? 'chosen' : run.state,
          cells: [
            run.name,
            amount(run.metric ?? Infinity),
            rateText(run.per),
            run.chosen ? 'chosen' : stateWords[run.state],
          ],
        })),
      ),
      {
        key: html`<ul class="key">
          ${points.map(
            ({ kind, name }) => drawn.has(kind) && html`<li><i class="swatch point ${kind}"></i>${name}</li>`,
          )}
        </ul>`,
      },
    )}`;
}

/** Models trained on what was recognised, and what they recognise. */
function passesTable(
  passes: readonly PassLine[],
  score: ScoreReport | undefined,
  choice: ReportContent['passChoice'],
): Html {
  const rates = new Map(score?.passes?.map(({ name, per }) => [name, per]));
  const columns = [
    { name: 'Pass' },
    { name: 'Metric', number: true },
    { name: 'Perplexity', number: true },
    { name: 'Phones used', number: true },
    ...(rates.size > 0 ? [{ name: 'PER', number: true }] : []),
  ];
  return html`<h3>Self-training</h3>
    <p>
      Models were trained on what was recognised, and recognised everything anew. Each set of labels is judged by what a
      small model hears that learned from half of them: the metric of its output on the other half. The least is kept.
    </p>
    ${choice && html`<p>${choice.reason[0]?.toUpperCase()}${choice.reason.slice(1)}.</p>`}
    ${table(
      'Passes of self-training',
      columns,
      passes.map(({ name, metric, perplexity, vocabularySeen, chosen }) => ({
        kind: chosen ? 'chosen' : 'ok',
        cells: [
          chosen ? html`${name} <b class="tag">chosen</b>` : name,
          amount(metric ?? Infinity),
          amount(perplexity ?? Infinity),
          percent(vocabularySeen, 0),
          ...(rates.size > 0 ? [rateText(rates.get(name))] : []),
        ],
      })),
    )}`;
}

const points = [
  { kind: 'chosen', name: 'chosen' },
  { kind: 'ok', name: 'other' },
  { kind: 'unconverged', name: 'not converged' },
  { kind: 'collapsed', name: 'collapsed' },
] as const;

export function curvesSection({ curves, choice }: ReportContent): Html {
  if (curves.length === 0) return html`<p>No run left a training curve.</p>`;
  const states = new Map(
    choice.runs.map((run) => [run.name, run === choice.chosen ? 'chosen' : stateWords[run.state]]),
  );
  return html`<ul class="key">
      <li><i class="swatch line chosen"></i>chosen run</li>
      <li><i class="swatch line other"></i>other runs</li>
      ${
        choice.runs.some(({ state }) => state === 'collapsed') &&
        html`<li><i class="swatch line collapsed"></i>collapsed</li>`
      }
    </ul>
    <div class="pair">${curves.map((curve) => curveChart(curve, states))}</div>`;
}

function curveChart({ key, title, better, x, series }: CurveChart, states: ReadonlyMap<string, string>): Html {
  const rows = series.map(({ run, points }) => {
    const values = points.map(([, y]) => y);
    return {
      cells: [
        run,
        states.get(run) ?? '',
        amount(points.at(-1)?.[0] ?? 0),
        amount(values[0] ?? NaN),
        amount(Math.min(...values)),
        amount(Math.max(...values)),
        amount(values.at(-1) ?? NaN),
      ],
    };
  });
  const columns = [
    { name: 'Run' },
    { name: 'State' },
    { name: `Last ${x}`, number: true },
    { name: 'First', number: true },
    { name: 'Lowest', number: true },
    { name: 'Highest', number: true },
    { name: 'Last', number: true },
  ];
  return chart(
    `chart-curve-${key}`,
    better === '' ? title : `${title} (${better} is better)`,
    `${title} by ${x}, one line for each of ${series.length} runs.`,
    table(title, columns, rows),
  );
}
