// The table of all utterances: its controls and heads as markup, the rows by the page's script.
import type { ReportContent } from '../content.js';
import { html, type Html } from '../html.js';
import { amount } from '../../core/readable.js';

export function listingSection({ listing, score }: ReportContent): Html {
  const { rows, all } = listing;
  if (rows.length === 0) return html`<p>There are none.</p>`;
  const values = (of: (row: (typeof rows)[number]) => string): string[] => [...new Set(rows.map(of))].sort();
  const choice = (name: string, title: string, options: readonly string[]): Html =>
    html`<label
      >${title}
      <select id="listing-${name}">
        <option value="">all</option>
        ${options.map((value) => html`<option>${value}</option>`)}
      </select></label
    >`;
  const columns = [
    ['id', 'Utterance', ''],
    ['speaker', 'Speaker', ''],
    ['part', 'Part', ''],
    ['seconds', 'Speech', 'number'],
    ...(score ? [['rate', 'Phones wrong', 'number']] : []),
    ['text', 'Recognised', ''],
  ] as const;
  return html`<p>
      ${
        rows.length < all
          ? `${amount(rows.length)} of ${amount(all)} utterances ` + '(report.listed), those of the test part first. '
          : ''
      }A
      click on a head sorts by it.
    </p>
    <div class="filters">
      <label>Search <input id="listing-search" type="search" placeholder="name or transcript" /></label>
      ${choice(
        'speaker',
        'Speaker',
        values(({ speaker }) => speaker),
      )}
      ${choice(
        'part',
        'Part',
        values(({ split }) => split),
      )}
      <span id="listing-count" role="status"></span>
    </div>
    <div class="scroll" role="region" tabindex="0" aria-label="Table of all utterances">
      <table id="listing" class="wide">
        <caption class="unseen">
          All utterances
        </caption>
        <thead>
          <tr>
            ${columns.map(
              ([key, name, kind]) =>
                html`<th scope="col" data-key="${key}" class="${kind}"><button type="button">${name}</button></th>`,
            )}
          </tr>
        </thead>
        <tbody></tbody>
      </table>
    </div>
    <p><button id="listing-more" type="button">Show all</button></p>`;
}
