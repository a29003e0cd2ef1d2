// Whom it serves worse: error rates by what is known of people and sound, with their intervals.
import { describeGroup, type GroupReport } from '../../score/groups.js';
import { html, type Html } from '../html.js';
import { amount } from '../../core/readable.js';
import { table } from './table.js';

/** Nothing where nothing is known of groups. */
export function groupsTable(report: GroupReport | undefined): Html {
  if (!report || Object.keys(report.attributes).length === 0) return html``;
  const { attributes, draws, seed, fewestSpeakers, comparisons } = report;
  return html`<h3>By group</h3>
    <p>
      Intervals are of 95 %, from ${amount(draws)} draws of speakers (seed ${seed}). A difference is called one only
      where its interval, widened for ${comparisons} comparisons, leaves out zero, and never among fewer than
      ${fewestSpeakers} speakers on either side.
    </p>
    ${table(
      'Phone error rate by group',
      [
        { name: 'Group' },
        { name: 'PER', number: true },
        { name: 'Interval' },
        { name: 'Speakers', number: true },
        { name: 'Utterances', number: true },
        { name: 'Against the others' },
      ],
      Object.entries(attributes).flatMap(([attribute, rows]) =>
        rows.map((row) => {
          const { rate, interval, says } = describeGroup(row);
          return {
            cells: [`${attribute}: ${row.name}`, rate, interval, amount(row.speakers), amount(row.utterances), says],
          };
        }),
      ),
    )}`;
}
