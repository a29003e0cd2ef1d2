// What a person says about their corpus in, a recipe of about ten commented lines out: the layout of the sound is found
// by looking, the way words are pronounced is checked before anything is written.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { detectLayout, type DetectedLayout } from '../audio/detect.js';
import { AsrError } from '../core/errors.js';
import { usualBlock } from '../encoders/index.js';
import { fetchedFolder, knownEncoders, parseModelName } from '../hub/index.js';
import { transcribedLayouts, type TranscribedLayout } from '../audio/config.js';
import { refuseOtherForms } from '../text/form.js';
import { packageRoot } from '../core/version.js';
import { bootstrapSettings, labelledProblem, type LabelledWish } from './labelled-wish.js';
import { recipeNames } from './locate.js';
import { from, scalar, tableSettings } from './recipe-words.js';
import { surveyFolder, type Survey } from './survey.js';

export type PronunciationChoice = 'espeak' | 'letters' | 'phones' | 'lexicon';

export interface NewRecipe {
  /** eSpeak voice or any name for the language. */
  readonly language: string;
  /** Folder of sound, in any layout. */
  readonly audio: string;
  /** File of text, one sentence a line. */
  readonly text: string;
  readonly pronunciation: PronunciationChoice;
  readonly lexicon?: string | undefined;
  readonly references?: string | undefined;
  /** A published encoder: its name on the hub, or a folder or file. */
  readonly encoder?: string | undefined;
  /** How to learn on its frames: by default bootstrap where eSpeak NG speaks, gan where it does not. */
  readonly method?: 'bootstrap' | 'gan' | undefined;
  /** Transcribed recordings of another language to learn from as well. */
  readonly labelled?: LabelledWish | undefined;
  readonly output: string;
  /** What was seen in the folder, where somebody has looked already. */
  readonly survey?: Survey;
}

/** What is wrong with the folder or file that was named; undefined when it can be used. */
export function audioProblem(folder: string): string | undefined {
  if (!existsSync(folder)) return `${resolve(folder)}: no such folder`;
  if (!statSync(folder).isDirectory()) return `${resolve(folder)}: this is a file; give the folder of sound`;
  return detectLayout(folder) ? undefined : `${resolve(folder)}: no sound file in it`;
}

export function fileProblem(file: string): string | undefined {
  if (!existsSync(file)) return `${resolve(file)}: no such file`;
  if (!statSync(file).isFile()) return `${resolve(file)}: this is no file`;
  return statSync(file).size === 0 ? `${resolve(file)}: the file is empty` : undefined;
}

/** The same of an encoder's name, folder or file. */
export function encoderProblem(encoder: string): string | undefined {
  if (existsSync(encoder) || parseModelName(encoder)) return undefined;
  return `${encoder}: neither a folder nor a file, nor a name such as facebook/wav2vec2-xls-r-300m`;
}

function isToFetch(encoder: string): boolean {
  const name = existsSync(encoder) ? undefined : parseModelName(encoder);
  return name !== undefined && fetchedFolder(name) === undefined;
}

export interface WrittenRecipe {
  readonly path: string;
  readonly layout: DetectedLayout;
  /** A recipe of the program that divides such a corpus by itself. */
  readonly own: string | undefined;
  /** What was seen in the folder, a line each. */
  readonly findings: readonly string[];
  /** An encoder that was not fetched yet. */
  readonly toFetch: string | undefined;
}

/** Writes the recipe. @throws AsrError 'usage' when it is there already, or a path cannot be used */
export async function writeNewRecipe(wish: NewRecipe): Promise<WrittenRecipe> {
  const path = resolve(wish.output);
  if (existsSync(path))
    throw new AsrError(
      'usage',
      `${path}: it exists already, and is kept`,
      'Choose another name with --output, or remove it first.',
    );
  const problem =
    audioProblem(wish.audio) ??
    fileProblem(wish.text) ??
    (wish.lexicon === undefined ? undefined : fileProblem(wish.lexicon)) ??
    (wish.references === undefined ? undefined : fileProblem(wish.references)) ??
    (wish.encoder === undefined ? undefined : encoderProblem(wish.encoder)) ??
    (wish.method === 'bootstrap' && wish.pronunciation !== 'espeak'
      ? '--method bootstrap: eSpeak NG has to pronounce the text (--phonemizer espeak)'
      : undefined) ??
    (wish.labelled && (await labelledProblem(wish.labelled, wish.pronunciation === 'espeak' && !byGan(wish))));
  if (problem !== undefined) throw new AsrError('usage', problem, 'Check the path.');
  if (wish.pronunciation !== 'phones') await refuseOtherForms(wish.text);
  const layout = detectLayout(wish.audio) as DetectedLayout;
  const survey = wish.survey ?? (await surveyWish(wish, layout));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, recipeText(wish, layout, dirname(path), survey), { flag: 'wx' });
  return {
    path,
    layout,
    findings: survey.findings,
    toFetch: wish.encoder !== undefined && isToFetch(wish.encoder) ? wish.encoder : undefined,
    own: layout.layout !== 'folder' && recipeNames().includes(layout.layout) ? layout.layout : undefined,
  };
}

/** What a look at the folder shows. */
export const surveyWish = (
  wish: Pick<NewRecipe, 'audio' | 'text' | 'language' | 'lexicon'>,
  layout: DetectedLayout,
): Promise<Survey> =>
  surveyFolder({
    ...{ audio: wish.audio, text: wish.text, language: wish.language, lexicon: wish.lexicon, layout },
    speakers: layout.layout === 'folder' ? speakersOf(join(resolve(wish.audio), layout.dir)) : undefined,
  });

export function recipeText(
  wish: NewRecipe,
  layout: DetectedLayout,
  folder: string,
  survey: Partial<Survey> = {},
): string {
  const data = resolve(wish.audio);
  const inData = (path: string): string => scalar(from(data, path));
  const name =
    basename(wish.output)
      .replace(/\.ya?ml$/u, '')
      .normalize('NFC')
      .replace(/[^\p{L}\p{N}_.-]+/gu, '-')
      .replace(/^[^\p{L}\p{N}_]+|-+$/gu, '') || 'mine';
  const pronunciation = {
    espeak: `language: ${scalar(wish.language)}`,
    letters: `pronunciation: letters${languageTag(wish.language)}`,
    phones: 'unit: phones',
    lexicon: `pronunciation: lexicon, lexicon: ${inData(wish.lexicon ?? '')}${languageTag(wish.language)}`,
  }[wish.pronunciation];
  const speakers = layout.layout === 'folder' ? `, speakers: ${speakersOf(join(data, layout.dir))}` : '';
  const table = layout.table === undefined ? '' : tableSettings(layout.table);
  const ids = survey.ids === undefined ? '' : `, ids: ${survey.ids}`;
  const { maxSeconds } = survey;
  const command = scalar(from(process.cwd(), wish.output));
  return `# yaml-language-server: $schema=${scalar(join(packageRoot, 'docs', 'recipe.schema.json'))}
# ${wish.language}: made by asr new. First: asr check ${command}   Then: asr run ${command}
name: ${scalar(name)}                # results go to runs/${name}
data: ${scalar(from(folder, data))}          # relative paths below start in this folder
audio: { layout: ${layout.layout}, dir: ${scalar(layout.dir)}${table}${speakers}${ids} }   # seen: ${layout.because
    .slice(0, 60)
    .replaceAll('\n', ' ')}; other layouts: docs/corpora.md
text: { file: ${inData(wish.text)}${
    survey.lines === undefined || wish.pronunciation === 'phones' ? '' : ', lines: paragraphs'
  }, ${pronunciation}${
    byGan(wish) ? ', minWordCount: 2, silenceProbability: 0.25, surround: true' : ''
  } }   # one sentence a line, none of those that are said
vad: { method: silero${
    maxSeconds === undefined ? '' : `, maxSeconds: ${maxSeconds.value}`
  } }           # tells speech from noise; energy is for sound that is clean${
    maxSeconds === undefined ? '' : `; ${maxSeconds.because}`
  }
${segmentsLine(wish, survey.phoneRate)}${methodLines(wish, inData)}
${scoreLine(wish, layout, inData)}
${rightsLine}
# Every setting with its default and reason: docs/configuration.md
`;
}

/** Empty, so that `asr check` names what nobody has filled in. */
const rightsLine =
  "rights: { sound: { source: '', licence: '', consent: '' }, text: { source: '', licence: '' } }   " +
  '# fill in: the card of the model repeats it (docs/groups.md)';

function segmentsLine(wish: NewRecipe, phoneRate: number | undefined): string {
  const settings = [
    ...(wish.pronunciation === 'espeak' ? [] : ['rateRatio: 0.9']),
    ...(phoneRate === undefined ? [] : [`phoneRate: ${phoneRate}`]),
  ].join(', ');
  return settings === '' || byGan(wish) // whose segments are the paper's
    ? ''
    : `segments: { ${settings} }      # rateRatio: segments per phone, 0.9 was best on real read speech; ` +
        'phoneRate: phones a second, where lines of the text are too short to tell\n';
}

/** eSpeak NG can read the text aloud where it pronounces it: learning from that is far better than matching alone. */
function methodLines(wish: NewRecipe, inData: (path: string) => string): string {
  if (wish.encoder !== undefined) return encoderLines(wish, wish.encoder, inData);
  return wish.pronunciation === 'espeak'
    ? `features: { kind: logmel, normalise: none }   # asr new --encoder NAME hears through a published encoder, ` +
        `far better
learn: { ${bootstrapSettings(wish.labelled, scalar)} }      # eSpeak NG reads the text aloud to start from ` +
        '(docs/bootstrap.md); about an hour'
    : '# learn: { method: gan, seeds: 3 }   # adversarial training as in wav2vec-U: hours instead of minutes';
}

const byGan = ({ encoder, method, pronunciation }: NewRecipe): boolean =>
  encoder !== undefined && (method ?? (pronunciation === 'espeak' ? 'bootstrap' : 'gan')) === 'gan';

/**
 * The bootstrap; or the way of wav2vec-U, as the recipe mls-w2vu has it, with the place
 * in arXiv 2105.11084 of each number.
 */
function encoderLines(wish: NewRecipe, encoder: string, inData: (path: string) => string): string {
  const known = knownEncoders.find(({ name }) => name === parseModelName(encoder)?.name);
  const layer = known ? `, layer: ${usualBlock(known)}` : '';
  const model = existsSync(encoder) ? inData(encoder) : scalar(encoder);
  if (!byGan(wish))
    return (
      `features: { kind: encoder, model: ${model}${layer}, normalise: speaker, storage: float16 }
learn: { ${bootstrapSettings(wish.labelled, scalar)} }      # eSpeak NG reads the text aloud to start from ` +
      '(docs/bootstrap.md); ' +
      `--method gan is the way of wav2vec-U`
    );
  return (
    `features: { kind: encoder, model: ${model}${layer}, normalise: none, ` +
    `storage: float16, reduction: { components: 0 } }   ` +
    `# five eighths of the way up (section 3.2)
segments: { method: runs, runs: { clusters: 128, iterations: 50, restarts: 3, pca: 512, pool: pairs } }   ` +
    `# runs of one of 128 clusters, 512 components, adjacent pairs (section 3.2)
learn:                            # section 4.3; suites/w2vu-grid.yaml has the paper's grid of codePenalty, ` +
    `gradientPenalty, smoothness
  { method: gan, refine: none, seeds: 5, choice: paper, gan: { updates: 150000, batch: 160, ` +
    `generator: { kernel: 4, stride: 1, dropout: 0.1, lr: 0.0004 }, ` +
    `discriminator: { dim: 384, depth: 2, kernel: 6, lr: 0.0005 }, gradientPenalty: 1.5, smoothness: 0.5, ` +
    `codePenalty: 4, specials: 4 } }`
  );
}

/** Lower case and numbers depend on the language; a name that is no code says nothing. */
const languageTag = (language: string): string =>
  /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(language) ? `, language: ${language}` : '';

/** One folder for each speaker is usual; sound in the folder itself says nothing of who speaks. */
function speakersOf(root: string): 'top' | 'one' {
  const names = readdirSync(root, { withFileTypes: true });
  return names.some((entry) => entry.isDirectory() && !entry.name.startsWith('.')) ? 'top' : 'one';
}

function scoreLine(wish: NewRecipe, { layout, dir }: DetectedLayout, inData: (path: string) => string): string {
  if (wish.references !== undefined)
    return `score: { references: ${inData(wish.references)} }   # only the last stage opens it`;
  const withTranscripts = (transcribedLayouts as readonly string[]).includes(layout);
  const line = withTranscripts
    ? `score: { references: ${scalar(dir)}, layout: ${layout satisfies string as TranscribedLayout}` +
      `${wish.pronunciation === 'phones' ? ', unit: phones' : ''} }`
    : 'score: { references: references.txt }';
  return withTranscripts
    ? `${line}   # the corpus's own transcripts; only the last stage opens them`
    : `# ${line}   # "id words" a line, if you have any; only the last stage opens it`;
}
