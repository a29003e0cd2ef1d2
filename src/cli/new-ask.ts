// `asr new --ask`: every question in turn, each with the answer that the folder suggests. What options say is not
// asked; nothing is written before the last answer.
import { existsSync } from 'node:fs';
import { detectLayout } from '../audio/detect.js';
import { fetchedFolder, knownEncoders } from '../hub/index.js';
import { atHand } from '../recipe/at-hand.js';
import { guessLanguage } from '../recipe/check/language.js';
import { audioProblem, encoderProblem, fileProblem, surveyWish, type NewRecipe } from '../recipe/new-recipe.js';
import { isSpoken } from '../recipe/is-spoken.js';
import { AsrError } from '../core/errors.js';
import { Questions, type AskedQuestion } from './questions.js';

/** What options say. */
export interface Said extends Pick<NewRecipe, 'lexicon' | 'references' | 'encoder' | 'method'> {
  readonly language?: string | undefined;
  readonly audio?: string | undefined;
  readonly text?: string | undefined;
  readonly phonemizer?: string | undefined;
  readonly output?: string | undefined;
}

const ways = ['espeak', 'letters', 'phones', 'lexicon'] as const;
type Way = (typeof ways)[number];
const isWay = (word: string): word is Way => (ways as readonly string[]).includes(word);
const yes = /^(y|yes)$/i;
const no = /^(n|no)$/i;

export async function askAll(said: Said): Promise<NewRecipe> {
  const questions = new Questions();
  try {
    return await answers(said, questions);
  } finally {
    questions.close();
  }
}

async function answers(said: Said, questions: Questions): Promise<NewRecipe> {
  const asked = async (value: string | undefined, question: AskedQuestion): Promise<string> => {
    if (value === undefined) return questions.ask(question);
    const found = question.problem?.(value);
    if (found !== undefined) throw new AsrError('usage', found, 'Check the path or the word.');
    return value;
  };
  const optional =
    (problem: (answer: string) => string | undefined) =>
    (answer: string): string | undefined =>
      answer === '' ? undefined : problem(answer);
  const near = atHand('.');
  const audio = await asked(said.audio, { about: 'Folder of sound', standard: near.audio, problem: audioProblem });
  const layout = detectLayout(audio)!;
  questions.say(`  ${layout.layout}: ${layout.because}`);
  const found = atHand('.', audio);
  const text = await asked(said.text, {
    about: 'Text, one sentence a line, none of those that are said',
    standard: found.text,
    problem: fileProblem,
  });
  const language = await asked(said.language, {
    about: 'Language: the code of an eSpeak NG voice (sw, de, es-419), or any name',
    standard: await guessLanguage(text),
  });
  const spoken = await isSpoken(language);
  const way = await asked(said.lexicon === undefined ? said.phonemizer : 'lexicon', {
    about: `How words become phones: ${spoken ? 'espeak, ' : ''}letters, phones (the text holds phones), or lexicon`,
    standard: spoken ? 'espeak' : found.lexicon === undefined ? 'letters' : 'lexicon',
    problem: (answer) =>
      !isWay(answer)
        ? `expected one of ${ways.join(', ')}`
        : answer === 'espeak' && !spoken
          ? `eSpeak NG has no voice "${language}"`
          : undefined,
  });
  const pronunciation = isWay(way) ? way : 'letters';
  const lexicon =
    pronunciation === 'lexicon'
      ? await asked(said.lexicon, { about: 'Word list (lexicon)', standard: found.lexicon, problem: fileProblem })
      : undefined;
  const references = await asked(said.references, {
    about: 'Transcripts of the recordings, for scoring alone',
    standard: found.references ?? '',
    problem: optional(fileProblem),
  });
  const here = knownEncoders.find(({ name }) => fetchedFolder({ name, revision: 'main' }) !== undefined);
  const encoder = await asked(said.encoder, {
    about: 'Published encoder to hear through: its name (asr fetch --list) or its folder',
    standard: here?.name ?? '',
    problem: optional(encoderProblem),
  });
  const survey = await surveyWish({ audio, text, language, lexicon }, layout);
  for (const line of survey.findings) questions.say(`  ${line}`);
  const cut = survey.maxSeconds
    ? Number(
        await questions.ask({
          about: `Longest piece of sound in seconds, cut at pauses (${survey.maxSeconds.because})`,
          standard: String(survey.maxSeconds.value),
          problem: (answer) => (Number(answer) >= 1 && Number(answer) <= 3600 ? undefined : 'expected 1 to 3600'),
        }),
      )
    : undefined;
  const output = await asked(said.output, {
    about: 'Recipe',
    standard: recipeName(language),
    problem: (answer) => (existsSync(answer) ? `${answer}: it exists already, and is kept` : undefined),
  });
  const agreed = await questions.ask({
    about: `Write ${output}`,
    standard: 'yes',
    problem: (answer) => (yes.test(answer) || no.test(answer) ? undefined : 'expected yes or no'),
  });
  if (no.test(agreed)) throw new AsrError('interrupted', 'asr new: nothing was written', '');
  const kept = (answer: string): string | undefined => (answer === '' ? undefined : answer);
  return {
    ...{ language, audio, text, pronunciation, lexicon, output, method: said.method },
    references: kept(references),
    encoder: kept(encoder),
    survey: {
      ...survey,
      maxSeconds:
        survey.maxSeconds && cut !== undefined ? { value: cut, because: survey.maxSeconds.because } : undefined,
    },
  };
}

/** The recipe's file where nobody says another. */
export const recipeName = (language: string): string => `${language.replace(/[^\p{L}\p{N}_.-]+/gu, '-')}.yaml`;
