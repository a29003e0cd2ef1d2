// Findings about the text: how much is kept and why the rest is lost, its language, its phones,
// and whether its parts are of one kind.
import { readFile } from 'node:fs/promises';
import type { Rng } from '../../core/rng.js';
import type { TextConfig } from '../../text/config.js';
import { readPhoneSet, readTextStats, textPath } from '../../text/folder.js';
import { linesNamed, withoutSilence } from '../../text/stage.js';
import { partDivergence } from './divergence.js';
import { tellLanguage } from './language.js';
import { findingOf, percent, type Finding } from './finding.js';
import { trialSentences } from './trial.js';

/** @param folder of the tried text stage; @param path of the text itself */
export async function checkText(folder: string, path: string, config: TextConfig, rng: Rng): Promise<Finding[]> {
  const stats = await readTextStats(folder);
  const { phones, silence } = await readPhoneSet(folder);
  const lines = (await readFile(textPath(folder, 'sentences'), 'utf8'))
    .split('\n')
    .map(withoutSilence)
    .filter((line) => line.length > 0);
  const all = stats.sentences + stats.droppedSentences;
  const lost = stats.droppedSentences / Math.max(1, all);
  const spoken = phones.filter(({ phone }) => phone !== silence);
  const total = spoken.reduce((sum, { count }) => sum + count, 0);
  const rare = spoken.filter(({ count }) => count < 0.001 * total).map(({ phone }) => phone);
  const gone = Object.keys(stats.rarePhones);
  const sampled = all >= trialSentences ? ' (of a choice of the text)' : '';
  const divergence = partDivergence(lines, 4, rng);
  const foreign = stats.foreignWords / Math.max(1, stats.distinctWords);
  return [
    findingOf(
      'sentences',
      `${stats.sentences} kept${sampled}, ${stats.phonesPerSentence.toFixed(0)} phones each; ${percent(lost)} dropped${
        stats.droppedSentences > 0
          ? ` (${Object.entries(stats.dropped)
              .map(([reason, count]) => `${reason} ${count}`)
              .join(', ')})`
          : ''
      }${stats.hanging.length > 0 ? `; eSpeak NG does not come back from ${linesNamed(stats.hanging)}` : ''}`,
      { problem: lost > 0.5, warning: lost > 0.2 || stats.sentences < 1000 },
      stats.sentences < 1000
        ? 'The statistics of phones come from the text: a thousand sentences are little, ten thousand are good.'
        : 'What is dropped is missing from the statistics that learning aims at.',
      lost > 0.2
        ? 'Set text.missing=dropWord, complete the lexicon, or write numbers out.'
        : 'Add text of the same kind; it may come from anywhere, but not from what is said.',
    ),
    ...(await checkLanguage(path, config)),
    ...(config.unit === 'words' && config.pronunciation === 'espeak'
      ? [
          findingOf(
            'foreign words',
            `eSpeak NG reads ${percent(foreign)} of the words by another language's rules`,
            { warning: foreign > 0.1 },
            'Words of another language bring phones that nobody says in this one.',
            'Check text.language, or take them out of the text.',
          ),
        ]
      : []),
    findingOf(
      'phone set',
      `${spoken.length} phones${gone.length > 0 ? `; too rare and left out: ${gone.slice(0, 12).join(' ')}` : ''}` +
        (rare.length > 0 ? `; rare (under 0.1 %): ${rare.slice(0, 12).join(' ')}` : ''),
      {
        problem: spoken.length < 8,
        warning: spoken.length < 15 || spoken.length > 70 || rare.length > spoken.length / 4,
      },
      'Languages have 15 to 60 phones; a phone that is hardly there cannot be found in the sound.',
      spoken.length > 70
        ? 'Strip marks: text.stripLength, text.stripTone; raise text.minPhoneShare.'
        : 'Raise text.minPhoneShare, or check text.pronunciation.',
    ),
    findingOf(
      'kinds of text',
      `bigrams of phones differ by ${divergence.largest.toFixed(3)} bits at most between quarters of the text (` +
        `${divergence.between.join(' and ')}); shuffled ${divergence.chance.toFixed(3)}`,
      { warning: divergence.largest > 2 * divergence.chance && divergence.largest > divergence.chance + 0.02 },
      'Parts of different kinds (lists, another language, markup) pull the statistics away from what is said.',
      'Look at those parts, and keep what sounds like the recordings.',
    ),
  ];
}

async function checkLanguage(path: string, config: TextConfig): Promise<Finding[]> {
  const told = config.unit === 'words' ? await tellLanguage(path, config.language) : undefined;
  if (!told) return [];
  return [
    findingOf(
      'language',
      told.shown,
      { warning: told.other },
      'Words pronounced by the rules of another language give phones that nobody says.',
      'Check text.file and text.language.',
    ),
  ];
}
