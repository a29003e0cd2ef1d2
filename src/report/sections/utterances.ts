// Utterances to look at and listen to: waveform and spectrogram with segments and phones, and what was said above
// what was recognised. The page's script draws from the very sound that is played.
import type { Edit } from '../../score/edit-distance.js';
import { countErrors, errorRate } from '../../score/score.js';
import type { ReportContent } from '../content.js';
import type { Example } from '../examples.js';
import { html, type Html } from '../html.js';
import { duration, percent } from '../../core/readable.js';
import { soundUri } from '../sound.js';

const groups = [
  { kind: 'worst', title: 'The worst' },
  { kind: 'median', title: 'Around the median' },
  { kind: 'random', title: 'At random' },
] as const;

export function utterancesSection({ examples, comparison }: ReportContent): Html {
  const rates = comparison?.rates ?? [];
  const at = (share: number): string =>
    percent(rates[Math.min(rates.length - 1, Math.floor(share * rates.length))] ?? 0, 0);
  return html`<p>
      ${
        rates.length > 0 &&
        `Error rates of single utterances: a tenth lies below ${at(0.1)}, half below ${at(0.5)}, nine ` +
          `tenths below ${at(0.9)}. `
      }Vertical
      lines are segment boundaries; recognised phones stand below them. Shaded stretches are pauses that were cut away
      before learning.
    </p>
    ${groups.map(({ kind, title }) => {
      const shown = examples.map((example, i) => ({ example, i })).filter(({ example }) => example.kind === kind);
      return (
        shown.length > 0 &&
        html`<h3>${title}</h3>
          ${shown.map(({ example, i }) => utterance(example, i))}`
      );
    })}`;
}

function utterance(example: Example, i: number): Html {
  const { id, speaker, seconds, cut, edits, samples, boundaries, phones } = example;
  const counts = edits && countErrors(edits);
  const facts = [
    ...(counts
      ? [
          `${percent(errorRate(counts), 0)} errors (${counts.substitutions} taken for another, ${counts.deletions} ` +
            `missed, ${counts.insertions} added, of ${counts.length})`,
        ]
      : []),
    `speaker ${speaker}`,
    cut ? `the first ${duration(seconds)} of it` : duration(seconds),
  ];
  const says =
    `Waveform and spectrogram of ${id}, ${duration(seconds)}, ${boundaries.length} segments. ` +
    `Recognised: ${phones.map(({ phone }) => phone).join(' ')}.`;
  return html`<article class="utterance" aria-labelledby="utterance-${i}">
    <h4 id="utterance-${i}">${id}</h4>
    <p class="facts">${facts.join(' · ')}</p>
    <div class="scroll" role="region" tabindex="0" aria-label="Sound of ${id}">
      <div
        class="sound"
        style="min-width:${Math.max(
          20,
          Math.ceil(phones.reduce((sum, { phone }) => sum + Math.max(0.95, 0.5 * phone.length), 0)),
        )}rem"
      >
        <canvas id="sound-${i}" role="img" aria-label="${says}"></canvas><i class="playhead" hidden></i>
      </div>
    </div>
    <audio id="audio-${i}" controls preload="metadata" src="${soundUri(samples)}" aria-label="Sound of ${id}"></audio>
    ${
      edits
        ? alignment(edits)
        : html`<p class="phones"><b>Recognised</b> ${phones.map(({ phone }) => phone).join(' ')}</p>`
    }
  </article> `;
}

const marks: Record<Edit['kind'], string> = { match: '', substitution: 'S', deletion: 'D', insertion: 'I' };

/** In columns for the eye; as two plain sentences for the ear. */
function alignment(edits: readonly Edit[]): Html {
  const side = (name: 'reference' | 'hypothesis'): string => edits.flatMap((edit) => edit[name] ?? []).join(' ');
  return html`<p class="unseen">Said: ${side('reference')}. Recognised: ${side('hypothesis')}.</p>
    <div class="alignment" aria-hidden="true">
      <span class="heads"><b>said</b><b>recognised</b></span
      >${edits.map(
        ({ kind, reference, hypothesis }) =>
          html`<span class="${kind}"><b>${reference ?? '·'}</b><b>${hypothesis ?? '·'}</b><i>${marks[kind]}</i></span>`,
      )}
    </div>`;
}
