// Who said what: turns of a recording laid over its transcript. An utterance in which several people speak becomes
// several, parted between two tokens.
import type { Turn } from '../speakers/turns.js';
import { speakerIn, speakerName } from '../speakers/turns.js';
import { samplesOf, type Seconds } from '../core/time.js';
import { textOf, type Transcript } from './transcript.js';

interface Token {
  readonly start: Seconds;
  readonly end: Seconds;
}

/** @param turns in samples, in order */
export function withSpeakers(transcript: Transcript, turns: readonly Turn[]): Transcript {
  const utterances = (transcript.utterances ?? []).flatMap((utterance) => {
    const inside = <T extends Token>(tokens: readonly T[]): T[] =>
      tokens.filter(({ start }) => start >= utterance.start && start < utterance.end);
    const phones = inside(transcript.phones);
    const words = transcript.words && inside(transcript.words);
    // Words that are spelt wrongly still have their times; where there are none, phones are what there is.
    const tokens: readonly Token[] = words && words.length > 0 ? words : phones;
    return parted(tokens, turns).map(({ speaker, first, last }, i, all) => {
      const start = i === 0 ? utterance.start : tokens[first]!.start;
      const end = i === all.length - 1 ? utterance.end : tokens[last]!.end;
      const within = <T extends Token>(own: readonly T[]): T[] =>
        own.filter((token) => token.start >= start && (i === all.length - 1 || token.start < tokens[last + 1]!.start));
      const text = textOf({ phones: within(phones), ...(words ? { words: within(words) } : {}) });
      return { start, end, text, ...(speaker === undefined ? {} : { speaker: speakerName(speaker) }) };
    });
  });
  const speakers = [...new Set(utterances.flatMap(({ speaker }) => speaker ?? []))].sort(
    (a, b) => Number(a.slice(1)) - Number(b.slice(1)),
  );
  return { ...transcript, utterances, speakers };
}

/** Runs of tokens that one person says; an utterance without tokens is one run. */
function parted(
  tokens: readonly Token[],
  turns: readonly Turn[],
): { speaker: number | undefined; first: number; last: number }[] {
  const runs: { speaker: number | undefined; first: number; last: number }[] = [];
  tokens.forEach(({ start, end }, i) => {
    const speaker = speakerIn(turns, samplesOf(start), samplesOf(end));
    const last = runs.at(-1);
    if (last?.speaker === speaker && last) runs[runs.length - 1] = { ...last, last: i };
    else runs.push({ speaker, first: i, last: i });
  });
  return runs.length === 0 ? [{ speaker: undefined, first: 0, last: 0 }] : runs;
}
