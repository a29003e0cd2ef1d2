// Errors by phone: the most frequent confusions in words, the confusion matrix, counts of each kind; and how often
// each phone occurs in text and output.
import type { ReportContent } from '../content.js';
import { html, type Html } from '../html.js';
import { amount, percent } from '../../core/readable.js';
import type { PhoneErrorTally } from '../phone-errors.js';
import { groupsTable } from './groups.js';
import { chart, table } from './table.js';

/** More phones than anybody can look at are left out of the matrix. */
const matrixPhones = 72;

export function errorsSection({ score, comparison }: ReportContent): Html {
  if (!score || !comparison) return html`<p>Without references nothing is known of errors.</p>`;
  const { tally } = comparison;
  const rate = (n: number): string => percent(n / Math.max(1, score.length));
  const phones = tally.phones;
  const confusions = tally.confusions(12);
  const says = `Errors by phone. Most often wrong: ${[...phones]
    .sort((a, b) => b.substituted + b.deleted - a.substituted - a.deleted)
    .slice(0, 3)
    .map(({ phone, substituted, deleted, reference }) => `${phone}, ${substituted + deleted} of ${reference}`)
    .join('; ')}.`;
  return html`<p>
      ${amount(score.errors)} errors in ${amount(score.length)} phones: ${amount(score.substitutions)} taken for another
      (${rate(score.substitutions)}), ${amount(score.deletions)} missed (${rate(score.deletions)}),
      ${amount(score.insertions)} added (${rate(score.insertions)}).
    </p>
    <div class="pair">
      <div>
        <h3>Most frequent confusions</h3>
        ${table(
          'Most frequent confusions',
          [{ name: 'Said' }, { name: 'Recognised' }, { name: 'Times', number: true }, { name: 'Of all', number: true }],
          confusions.map(({ reference, hypothesis, count }) => ({
            cells: [
              reference,
              hypothesis,
              amount(count),
              percent(count / Math.max(1, phones.find(({ phone }) => phone === reference)?.reference ?? 1), 0),
            ],
          })),
        )}
      </div>
      <div>
        <h3>By speaker</h3>
        ${table(
          'Phone error rate by speaker',
          [{ name: 'Speaker' }, { name: 'PER', number: true }, { name: 'Phones', number: true }],
          Object.entries(score.bySpeaker)
            .sort(([, a], [, b]) => b.per - a.per)
            .slice(0, 50)
            .map(([speaker, { per, length }]) => ({ cells: [speaker, percent(per), amount(length)] })),
        )}
      </div>
    </div>
    ${groupsTable(score.groups)}
    <h3>Confusion matrix</h3>
    ${matrix(tally)}
    ${chart(
      'chart-errors',
      'Errors by phone',
      says,
      table(
        'Errors by phone',
        [
          { name: 'Phone' },
          { name: 'Said', number: true },
          { name: 'Right', number: true },
          { name: 'Taken for another', number: true },
          { name: 'Missed', number: true },
          { name: 'Added', number: true },
        ],
        phones.map(({ phone, reference, correct, substituted, deleted, inserted }) => ({
          cells: [
            phone,
            amount(reference),
            percent(correct / Math.max(1, reference), 0),
            amount(substituted),
            amount(deleted),
            amount(inserted),
          ],
        })),
      ),
      { wide: axisWidth(phones) },
    )}`;
}

/** In rem: every phone's name must fit below its bar. */
function axisWidth(phones: readonly { readonly phone: string }[]): number {
  const longest = Math.max(1, ...phones.map(({ phone }) => phone.length));
  return Math.ceil(phones.length * Math.max(1.1, 0.5 * longest + 0.5));
}

/** Rows are what was said, columns what was recognised; numbers are percent of the row. */
function matrix(tally: PhoneErrorTally): Html {
  const phones = tally.phones.filter(({ reference }) => reference > 0).slice(0, matrixPhones);
  const extra = tally.phones
    .filter(({ reference }) => reference === 0)
    .slice(0, Math.max(0, matrixPhones - phones.length));
  const columns = [...phones, ...extra].map(({ phone }) => phone);
  const cell = (share: number, kind: string): Html =>
    share === 0
      ? html`<td></td>`
      : html`<td class="${kind}" style="--share:${share.toFixed(2)}">
          ${share >= 0.005 && (share * 100).toFixed(0)}
        </td>`;
  return html`<p>
      Each row is a phone that was said, each column what was recognised for it, in percent; the last column is phones
      missed. The ${phones.length === 1 ? 'row' : 'rows'} stand in order of frequency.
    </p>
    <div class="scroll" role="region" tabindex="0" aria-label="Confusion matrix">
      <table class="matrix">
        <caption class="unseen">
          Confusion matrix: percent of each phone said that was recognised as each phone
        </caption>
        <thead>
          <tr>
            <td></td>
            ${columns.map((phone) => html`<th scope="col">${phone}</th>`)}
            <th scope="col">missed</th>
          </tr>
        </thead>
        <tbody>
          ${phones.map(
            ({ phone, reference, deleted }) =>
              html`<tr>
                <th scope="row">${phone}</th>
                ${columns.map((other) =>
                  cell(tally.count(phone, other) / reference, other === phone ? 'right' : 'wrong'),
                )}${cell(deleted / reference, 'wrong')}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`;
}

export function frequenciesSection({ frequencies: { phones } }: ReportContent): Html {
  const text = phones.reduce((sum, phone) => sum + phone.text, 0) || 1;
  const output = phones.reduce((sum, phone) => sum + phone.output, 0) || 1;
  const apart = [...phones]
    .sort((a, b) => Math.abs(b.output / output - b.text / text) - Math.abs(a.output / output - a.text / text))
    .slice(0, 3);
  const says =
    'Share of each phone in the text and in the output. Furthest apart: ' +
    apart
      .map(
        (phone) =>
          `${phone.phone}, ${percent(phone.text / text)} of the text and ${percent(
            phone.output / output,
          )} of the output`,
      )
      .join('; ') +
    '.';
  const unused = phones.filter((phone) => phone.output === 0).map(({ phone }) => phone);
  return html`<p>
      A run that has learned the language uses each phone about as often as the text
      does.${unused.length > 0 && ` Never recognised: ${unused.join(' ')}.`}
    </p>
    ${chart(
      'chart-frequencies',
      'Share of each phone in text and output',
      says,
      table(
        'Phone frequencies',
        [{ name: 'Phone' }, { name: 'In text', number: true }, { name: 'In output', number: true }],
        phones.map((phone) => ({
          cells: [phone.phone, percent(phone.text / text, 2), percent(phone.output / output, 2)],
        })),
      ),
      {
        wide: axisWidth(phones),
        key: html`<ul class="key">
          <li><i class="swatch other"></i>text</li>
          <li><i class="swatch chosen"></i>output</li>
        </ul>`,
      },
    )}`;
}
