// Live transcripts as they are shown: one changing line of a terminal and a line for
// what is final, or a line of JSON each.
import { z } from 'zod';
import { legibleLine } from '../core/shown.js';
import type { LiveEvent } from './live.js';
import { textOf, tokensOf, transcriptSchema, transcriptVersion, utteranceInSeconds } from './transcript.js';

/** A line of `asr transcribe --live --json`. */
export const liveLineSchema = transcriptSchema.pick({ schema: true, phones: true, words: true }).extend({
  kind: z.enum(['partial', 'final']).describe('a partial line is replaced by the next line; a final one stays'),
  start: z.number().nonnegative().describe('seconds of the sound at which the stretch of speech begins'),
  end: z.number().nonnegative(),
  text: z.string(),
});
export type LiveLine = z.infer<typeof liveLineSchema>;

export interface LiveOutputOptions {
  /** Results. */
  readonly write: (text: string) => Promise<void>;
  /** The changing line, where there is a terminal for it, and its width in columns. */
  readonly show?: ((text: string) => void) | undefined;
  readonly columns?: () => number;
  readonly json: boolean;
  /** Phones alone. */
  readonly phones: boolean;
}

const clear = '\r\u001b[K';

/** @returns what to call with each event, and at the end */
export function liveOutput({ write, show, columns = () => 80, json, phones }: LiveOutputOptions): {
  event(event: LiveEvent): Promise<void>;
  end(): void;
} {
  return {
    async event({ kind, utterance }) {
      const { words, ...rest } = utteranceInSeconds(utterance);
      const said = { ...rest, phones: [...rest.phones], ...(words && !phones ? { words: [...words] } : {}) };
      if (json) {
        const { start, end, ...tokens } = said;
        const line = { schema: transcriptVersion, kind, start, end, text: textOf(said), ...tokens } satisfies LiveLine;
        await write(`${JSON.stringify(line)}\n`);
        return;
      }
      const text = tokensOf(said)
        .map((token) => token.text)
        .join(' ');
      if (kind === 'partial') show?.(clear + lastPart(legibleLine(text), columns()));
      else if (text !== '') {
        show?.(clear);
        await write(`${text}\n`);
      }
    },
    end: () => {
      show?.(clear);
    },
  };
}

/** What fits on a line: a line that wraps could not be cleared. */
const lastPart = (text: string, columns: number): string => {
  const letters = [...text];
  return letters.length < columns ? text : `…${letters.slice(letters.length - columns + 2).join('')}`;
};
