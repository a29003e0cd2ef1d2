// How the text of a finished run or of a model was read, so that further text becomes the same phones: from the record
// of the run's text stage, or from model.json, with the words that lie in either where the word list is elsewhere.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { wordWays } from '../align/words.js';
import { findModelFolder, readModelRecord } from '../bundle/model-folder.js';
import { AsrError } from '../core/errors.js';
import { readStageRecord } from '../core/stage-run.js';
import { phoneColumns } from '../decode/decoder.js';
import { decoderFolder, loadDecoder } from '../decode/decoder-files.js';
import { emissionSymbols } from '../learn/emission.js';
import { textConfig, type TextConfig } from '../text/config.js';
import { textPath } from '../text/folder.js';
import type { WordPronouncer } from '../text/pronunciation.js';

export interface TextSettings {
  readonly text: TextConfig;
  /** Where relative paths start. */
  readonly data: string;
  /** The text of a recipe; undefined where it is not there (yet) or a language was named. */
  readonly file: string | undefined;
  /** How a word is said, where settings and files do not tell. */
  readonly pronounce?: WordPronouncer;
}

/** Ways to say a word that need no list of words. */
const byRules: readonly string[] = ['espeak', 'letters'];
const byList: readonly string[] = ['lexicon', 'learned'];

/**
 * @param folder of a run, read by what its text stage recorded; or of a model
 * @throws AsrError 'model' where there is neither, or a model that does not say how its text was read
 */
export async function spokenByFolder(folder: string, data: string | undefined): Promise<TextSettings> {
  const text = join(folder, 'text');
  const record = await readStageRecord(text);
  const config = textConfig.safeParse(record?.config).data;
  return record?.stage === 'text' && config
    ? ofRun(text, config, Object.keys(record.inputs), data)
    : ofModel(findModelFolder(folder));
}

/** @param inputs the files that were read, by the paths that they had */
function ofRun(text: string, config: TextConfig, inputs: readonly string[], data: string | undefined): TextSettings {
  const places = [data, join(text, '..', 'corpus')].filter((place) => place !== undefined);
  const find = (name: string): string | undefined =>
    name === ''
      ? undefined
      : [
          ...places.map((place) => resolve(place, name)),
          ...inputs.filter((path) => path.endsWith(resolve('/', name))),
        ].find((path) => existsSync(path));
  const settings = { data: resolve(places[0] ?? '.'), file: find(config.file) };
  const ruled = config.unit === 'phones' || byRules.includes(config.pronunciation);
  if (ruled) return { text: config, ...settings };
  const list = byList.includes(config.pronunciation) ? find(config.lexicon) : undefined;
  // Where the list is elsewhere, or a plug-in spoke: the words of the text as they were said.
  return list === undefined
    ? { text: { ...config, pronunciation: 'lexicon', lexicon: resolve(textPath(text, 'lexicon')) }, ...settings }
    : { text: { ...config, lexicon: list }, ...settings };
}

async function ofModel(folder: string): Promise<TextSettings> {
  const { text } = await readModelRecord(folder);
  if (!text)
    throw new AsrError(
      'model',
      `${folder}: the model does not say how its text was read: it is from before that was kept`,
      'Name its recipe, its run or an eSpeak NG voice instead.',
    );
  const settings = { text: textConfig.parse(text), data: resolve('.'), file: undefined };
  if (text.unit === 'phones' || byRules.includes(text.pronunciation)) return settings;
  return { ...settings, pronounce: await knownWords(folder, text) };
}

/** The words that the model can find, and what it learned of spelling. */
async function knownWords(folder: string, text: Partial<TextConfig>): Promise<WordPronouncer> {
  const symbols = await emissionSymbols(join(folder, 'emission'));
  const { parts } = await loadDecoder(join(folder, decoderFolder), symbols);
  if (!parts.lexicon)
    throw new AsrError(
      'model',
      `${folder}: the model knows phones and no words, and its text was read by a word list that is not in it`,
      'Name its recipe, or its run, with --data.',
    );
  const ways = await wordWays({
    ...{ columns: phoneColumns(symbols), silence: symbols.silence, text: undefined },
    ...{ words: parts.lexicon, spelling: text.pronunciation === 'learned' ? parts.spelling : undefined },
  });
  return (word) => {
    const [phones] = ways(word);
    return phones ? { phones, foreign: false } : { missing: 'noPronunciation' };
  };
}
