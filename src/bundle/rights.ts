// Whose speech and text a model was made from, and under which terms: what a recipe states, and what is missing of it.
import { z } from 'zod';

const words = z.string().max(10_000).default('');

export const rightsSchema = z.object({
  sound: z
    .object({
      source: words.describe('whose recordings, from where'),
      licence: words.describe('terms of the recordings'),
      consent: words.describe('what the speakers agreed to, and how that is known'),
    })
    .prefault({}),
  text: z
    .object({
      source: words.describe('whose text, from where'),
      licence: words.describe('terms of the text'),
    })
    .prefault({}),
  labelled: words.describe(
    'labelled speech that took part from outside of the recipe, for instance of other languages, in words',
  ),
});
export type Rights = z.infer<typeof rightsSchema>;

/** Keys that a card needs and the recipe leaves empty. */
export function missingRights(rights: Rights | undefined): string[] {
  const { sound, text } = rights ?? rightsSchema.parse({});
  return [
    ...(['source', 'licence', 'consent'] as const)
      .filter((key) => sound[key].trim() === '')
      .map((key) => `sound.${key}`),
    ...(['source', 'licence'] as const).filter((key) => text[key].trim() === '').map((key) => `text.${key}`),
  ];
}

/** In one line, as a cell of a table. */
const stated = (text = ''): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ') || '**not stated**';

/** Lines of the card. */
export function rightsSection(rights: Rights | undefined): string {
  return `## Rights
| | source | licence | consent |
|---|---|---|---|
| sound | ${stated(rights?.sound.source)} | ${stated(rights?.sound.licence)} | ${stated(rights?.sound.consent)} |
| text | ${stated(rights?.text.source)} | ${stated(rights?.text.licence)} | |
`;
}
