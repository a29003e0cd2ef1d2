// The head of the page: what came out, in a few numbers and one sentence, and the pipeline with times and sizes.
import { describeEnergy } from '../../core/energy.js';
import type { ReportContent } from '../content.js';
import { html, type Html } from '../html.js';
import { amount, duration, percent, size } from '../../core/readable.js';
import { table } from './table.js';

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

const count = (content: ReportContent, stage: string, name: string): number | undefined =>
  content.pipeline.find(({ record }) => record.stage === stage)?.record.counts[name];

export function overview(content: ReportContent): Html {
  return html`<p class="lead">${verdict(content)}</p>
    <dl class="figures">
      ${figures(content).map(
        ({ name, value, note }) =>
          html`<div>
            <dt>${name}</dt>
            <dd><strong>${value}</strong><span>${note}</span></dd>
          </div> `,
      )}
    </dl>`;
}

/** What a person should think of the run. */
function verdict(content: ReportContent): string {
  return (
    `${
      usesLabels(content)
        ? 'This run used labels: its features are a supervised stand-in for a large ' +
          'encoder, made from an alignment of the references. It is a benchmark of what ' +
          'comes after an encoder, not learning without labels. '
        : ''
    }` + outcome(content)
  );
}

const usesLabels = ({ pipeline }: ReportContent): boolean =>
  pipeline.some(
    ({ record: { stage, config } }) =>
      stage === 'features' && (config as { kind?: string } | undefined)?.kind === 'supervised-stand-in',
  );

function outcome({ score, verdict: judged, choice: { chosen, textMetric } }: ReportContent): string {
  const state = judged
    ? judged.verdict === 'converged'
      ? ''
      : ` Judged without labels, this run is ${judged.verdict}: ${judged.reason}.`
    : chosen?.state === 'ok'
      ? ''
      : chosen === undefined
        ? ' No run was chosen.'
        : chosen.state === 'collapsed'
          ? ` Every run collapsed (${chosen.reason}): the transcripts are worthless.`
          : ` Learning has not converged (${chosen.reason}): expect many errors.`;
  if (score) {
    const where =
      score.split === 'test'
        ? `${amount(score.utterances)} utterances that it never learned from`
        : `all ${amount(score.utterances)} utterances`;
    return (
      `Of every 100 phones spoken, ${(score.per * 100).toFixed(0)} are wrong, measured on ${where}; a guess ` +
      'that listens to nothing gets ' +
      `${(Math.min(score.trivial.randomSentence, score.trivial.constantPhone) * 100).toFixed(0)} wrong.` +
      state
    );
  }
  if (!chosen) return state.trim();
  return (
    'There are no references, so no error rate is known. The label-free metric is ' +
    amount(chosen.metric ?? Infinity) +
    `${textMetric === undefined ? '' : `; text of the same kind, held out, gets ${amount(textMetric)}`}.` +
    state
  );
}

function figures(content: ReportContent): Figure[] {
  const {
    score,
    choice: { chosen, textMetric },
    pipeline,
  } = content;
  const seconds = pipeline.reduce((sum, { record }) => sum + record.seconds, 0);
  const energy = pipeline.flatMap(({ record }) => record.energy ?? []);
  const peak = Math.max(0, ...pipeline.map(({ record }) => record.peakMiB));
  const speech = count(content, 'vad', 'seconds');
  const utterances = count(content, 'vad', 'utterances');
  const sentences = count(content, 'text', 'sentences');
  return [
    score
      ? {
          name: 'Phone error rate',
          value: percent(score.per),
          note:
            `a random sentence ${percent(score.trivial.randomSentence)}, one phone repeated ` +
            percent(score.trivial.constantPhone),
        }
      : { name: 'Phone error rate', value: 'not known', note: 'this run has no references' },
    ...(score?.words
      ? [
          {
            name: 'Word error rate',
            value: percent(score.words.wer),
            note: score.words.inText
              ? `${percent(score.words.inText.wer)} of the words that the text has` +
                (score.words.outside === undefined ? '' : `; it lacks ${percent(score.words.outside)} of those said`)
              : 'of the words of the references',
          },
        ]
      : []),
    ...(chosen
      ? [
          {
            name: 'Label-free metric',
            value: amount(chosen.metric ?? Infinity),
            note:
              textMetric === undefined ? 'lower is better' : `lower is better; held-out text has ${amount(textMetric)}`,
          },
        ]
      : []),
    ...(speech === undefined
      ? []
      : [
          {
            name: 'Speech',
            value: duration(speech),
            note: utterances === undefined ? '' : `${amount(utterances)} utterances, none transcribed for learning`,
          },
        ]),
    ...(sentences === undefined
      ? []
      : [{ name: 'Text', value: amount(sentences), note: 'sentences, unrelated to the speech' }]),
    { name: 'Time', value: duration(seconds), note: `at most ${size(peak * 1048576)} of memory` },
    ...(energy.length === 0 || energy.length < pipeline.length ? [] : [{ name: 'Energy', ...describeEnergy(energy) }]),
  ];
}

/** Every stage with what it took and what it made. */
export function pipelineSection({ pipeline }: ReportContent): Html {
  const longest = Math.max(1e-9, ...pipeline.map(({ record }) => record.seconds));
  const rows = pipeline.map(({ record, bytes, leftOut }) => ({
    cells: [
      record.stage,
      html`<span class="bar" style="--share:${(record.seconds / longest).toFixed(3)}"
        >${duration(record.seconds)}</span
      >`,
      size(record.peakMiB * 1048576),
      size(bytes),
      Object.entries(record.counts)
        .map(([name, value]) => `${amount(value)} ${inWords(name)}`)
        .join(', '),
      leftOut.length === 0
        ? '0'
        : html`<details>
            <summary>${record.skipped}</summary>
            <ul>
              ${leftOut.map(({ id, reason }) => html`<li>${id}: ${reason}</li>`)}${
                record.skipped > leftOut.length &&
                html`<li>and ${record.skipped - leftOut.length} more, in skipped.jsonl</li>`
              }
            </ul>
          </details>`,
    ],
  }));
  return html`<p>
      Memory is the peak of the whole program up to the end of that stage. Times are of the run that made the result.
    </p>
    ${table(
      'Stages',
      [
        { name: 'Stage' },
        { name: 'Time' },
        { name: 'Memory', number: true },
        { name: 'On disk', number: true },
        { name: 'Made' },
        { name: 'Left out', number: true },
      ],
      rows,
    )}`;
}

const inWords = (name: string): string =>
  name.replace(/([a-z])([A-Z])/gu, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`).replace(/^per$/u, 'PER');
