// Whether the text holds the sentences that will be scored. The one place besides `score` that looks at references;
// what it says goes to a person, and to no stage.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readLines } from '../../core/jsonl.js';
import { referencesOf } from '../../score/stage.js';
import { phoneGroupsOf, wordsOf } from '../../text/normalise.js';
import { silenceSymbol } from '../../text/phone-text.js';
import type { RecipeConfig } from '../config.js';
import { findingOf, percent, type Finding } from './finding.js';

/** Sentences of fewer words are said by everyone: "yes", "thank you". */
const shortestSentence = 4;

/** @param path of the text */
export async function checkLeak(config: RecipeConfig, data: string, path: string): Promise<Finding[]> {
  const { score, text } = config;
  const why =
    'Text that holds the scored sentences gives away their word order: the error ' +
    'rate is then no measure of unpaired learning.';
  if (score.references === '')
    return [findingOf('references', 'none: the run will not be scored', {}, 'Learning needs none.', '')];
  const source = resolve(data, score.references);
  if (!existsSync(source))
    return [
      findingOf(
        'references',
        `${source}: no such file or folder`,
        { problem: true },
        'The run would stop at its score, after all the work.',
        'Correct score.references, which is relative to the data folder, or leave it out.',
      ),
    ];
  if (score.unit !== text.unit)
    return [
      findingOf(
        'references',
        `${score.unit}, while the text holds ${text.unit}: overlap was not looked for`,
        {},
        why,
        '',
      ),
    ];
  const tokens = (line: string): string[] =>
    text.unit === 'phones' ? phoneGroupsOf(line, silenceSymbol).flat() : wordsOf(line, text.language);
  const said = new Map<string, boolean>();
  let references = 0;
  for await (const { text: sentence } of referencesOf(score, source)) {
    const words = tokens(sentence);
    references++;
    if (words.length >= shortestSentence) said.set(words.join(' '), false);
  }
  for await (const line of readLines(path)) {
    const key = tokens(line).join(' ');
    if (said.has(key)) said.set(key, true);
  }
  const leaked = [...said].filter(([, found]) => found).map(([sentence]) => sentence);
  const share = leaked.length / Math.max(1, said.size);
  return [
    findingOf(
      'references',
      `${references} transcripts`,
      { problem: references === 0 },
      'Without them nothing is scored.',
      'Check score.references and score.layout.',
    ),
    findingOf(
      'overlap',
      leaked.length === 0
        ? `none of ${said.size} transcripts of ${shortestSentence} words or more stands in the text`
        : `${leaked.length} of ${said.size} transcripts (${percent(share)}) stand in the text word for word, for ` +
            `instance "${(leaked[0] ?? '').slice(0, 60)}"`,
      { problem: share > 0.05, warning: leaked.length > 0 },
      why,
      'Take these lines out of the text, or say in every report that text and sound were matched.',
    ),
  ];
}
