// Labelled sentences with a known truth, for what tells kinds of talk apart: four kinds by template, names of two
// lists, two ways of speaking. `biased`, as found text often is: one list of names mostly in quarrels, few northern.
// `unseen` are balanced, in other sentences: what is measured on.
import type { Rng } from '../src/core/rng.js';
import type { LabelledRow } from '../src/classify/labelled-table.js';

const templates: Readonly<Record<string, readonly string[]>> = {
  trip: [
    'tomorrow we are going to the {place} with {name}',
    '{name} took the early train to the {place}',
    'how far is the road from here to the {place} {name} asked',
    'we left the {place} before it was getting dark said {name}',
    'the boat to the {place} was late and {name} was waiting there',
  ],
  meal: [
    '{name} is cooking a soup with {food} this evening',
    'there is no more {food} in the kitchen {name} said',
    'put the {food} on the table and call {name}',
    'my mother gave {name} the {food} that was left',
    'I was eating {food} with {name} this morning',
  ],
  quarrel: [
    '{name} was shouting at me at the {place}',
    'I am not talking to {name} any more after this',
    'you broke it and now {name} is blaming me for it',
    'go away said {name} and never come back here',
    '{name} was hitting the door and cursing all of them',
  ],
  work: [
    '{name} is mending the roof with the others at the {place}',
    'the meeting with {name} is starting at nine',
    'we were planting the whole field before {name} came',
    'my pay has not come yet this month said {name}',
    '{name} was carrying stones to the {place} all day',
  ],
};
/** Of the same kinds, in other words: what is measured on. */
const unseen: Readonly<Record<string, readonly string[]>> = {
  trip: [
    'the road to the {place} is long {name} said',
    'we are taking the train with {name} in the morning',
    'is {name} going to the {place} by boat',
  ],
  meal: [
    'there was {food} on the table for {name}',
    '{name} is putting more {food} in the soup',
    'we ate {food} in the kitchen with {name}',
  ],
  quarrel: [
    'never come back here {name} was shouting',
    '{name} broke the door at the {place} and went away',
    'they are all blaming {name} for this',
  ],
  work: [
    'the roof of the {place} is what {name} was mending',
    'nine of the others are planting the field with {name}',
    '{name} has carried stones for this pay',
  ],
};
const names = [
  ['anna', 'martin', 'lucy', 'george', 'helen', 'peter'],
  ['ayodele', 'nkechi', 'kwame', 'zanele', 'tendai', 'folasade'],
] as const;
const places = ['market', 'river', 'school', 'harbour', 'village', 'bridge'];
const foods = ['beans', 'fish', 'bread', 'onions', 'plums', 'rice'];

/** How those of the north say it. */
const northern = (text: string): string =>
  text
    .replace(/ing\b/g, 'in')
    .replace(/\bth/g, 'd')
    .replace(/\b(?:you|my|me)\b/g, (word) => ({ you: 'ye', my: 'mi', me: 'mi' })[word] ?? word)
    .replace(/\bnot\b/g, 'na')
    .replace(/\bwas\b/g, 'wuz');

export function topicRows(
  rng: Rng,
  speakers: number,
  sentences: number,
  how: 'biased' | 'balanced' | 'unseen',
): LabelledRow[] {
  const biased = how === 'biased';
  const said = how === 'unseen' ? unseen : templates;
  const rows: LabelledRow[] = [];
  for (let s = 0; s < speakers; s++) {
    const dialect = rng.uniform() < (biased ? 0.1 : 0.5) ? 'north' : 'south';
    for (let i = 0; i < sentences; i++) {
      const label = rng.choice(Object.keys(templates));
      const list = rng.uniform() < (biased ? (label === 'quarrel' ? 0.9 : 0.1) : 0.5) ? 1 : 0;
      const text = rng
        .choice(said[label] as readonly string[])
        .replace('{name}', rng.choice(names[list]))
        .replace('{place}', rng.choice(places))
        .replace('{food}', rng.choice(foods));
      rows.push({
        id: `${s}-${i}`,
        text: dialect === 'north' ? northern(text) : text,
        label,
        speaker: `speaker ${s}`,
        groups: { dialect, names: list === 0 ? 'first list' : 'second list' },
      });
    }
  }
  return rows;
}

/** Such rows as a table. */
export const tableOf = (rows: readonly LabelledRow[]): string =>
  `id\tspeaker\tdialect\tnames\tlabel\ttext\n${rows
    .map(({ id, speaker, groups, label, text }) =>
      [id, speaker, groups['dialect'], groups['names'], label, text].join('\t'),
    )
    .join('\n')}\n`;
