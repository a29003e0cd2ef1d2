// Transcripts that are an id and its text a line: Kaldi's and trn; and what a line that is neither looks like.
import { AsrError } from '../core/errors.js';
import { idAndRest } from '../core/lines.js';
import { shown } from '../core/shown.js';
import { looksLikeHeader } from './transcript-tables.js';
import type { ReferenceTranscript } from './transcript.js';

/** What a line that is no `id words` begins; undefined for one that may be. */
export function lookalike(line: string): string | undefined {
  if (/^[[{]/.test(line)) return 'JSON';
  if (line.startsWith('WEBVTT') || /^\d+$/.test(line) || line.includes('-->')) return 'subtitles';
  if (line.startsWith('File type')) return 'a TextGrid';
  if (line.startsWith('#!MLF!#')) return 'an MLF of HTK';
  if (line.startsWith(';;') || /^\S+\s+\S+\s+(\S+\s+)?\d+\.\d+\s+\d+\.\d+(\s|$)/.test(line)) return 'CTM or STM';
  if (line.split('\t').length > 2) return 'a table';
  const words = line.split(/\s+/u);
  if (looksLikeHeader(line.split(/[\t,|;]/)) || (words.length === 2 && looksLikeHeader(words)))
    return 'a table with a header';
  if (/^[^\s|]+\|/.test(line)) return 'id|text (.csv)';
  if (/^[^\s,]+,[^\s,]/.test(line)) return 'comma-separated values without a header';
  return line.startsWith('<') ? 'markup' : undefined;
}

export const lineParsers: Record<'kaldi' | 'trn', (line: string, where: string) => ReferenceTranscript> = {
  kaldi: (line) => {
    const [id, text] = idAndRest(line);
    return { id, text };
  },
  trn: (line, where) => {
    const at = line.lastIndexOf('(');
    const id = line.endsWith(')') && at >= 0 ? line.slice(at + 1, -1) : '';
    if (id === '' || /[\s)]/u.test(id))
      throw new AsrError(
        'input',
        `${where}: expected "tokens (id)", found ${shown(line, 40)}`,
        'Every line of a trn file ends with the id of its utterance in parentheses.',
      );
    const text = line.slice(0, at).trim();
    if (/(^|\s)[{}](\s|$)/u.test(text))
      throw new AsrError(
        'input',
        `${where}: alternatives in braces are not supported`,
        'Keep one of them; asr score compares with one reference.',
      );
    return { id, text };
  },
};
