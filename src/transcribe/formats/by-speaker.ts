// A transcript parted by who speaks, for formats that have tiers: ELAN's custom is `words@S1`.
import type { Transcript } from '../transcript.js';

export interface SpeakerPart {
  /** '' where speakers were not asked for. */
  readonly speaker: string;
  /** Of the names of tiers. */
  readonly suffix: string;
  readonly part: Transcript;
}

/** One part where no speakers are named; else one a speaker, and one for what nobody was found for. */
export function bySpeaker(transcript: Transcript): SpeakerPart[] {
  const { speakers, utterances } = transcript;
  if (!speakers || speakers.length === 0 || !utterances) return [{ speaker: '', suffix: '', part: transcript }];
  const named = [...speakers.map((name) => [name, `@${name}`] as const), [undefined, ''] as const];
  return named.flatMap(([name, suffix]) => {
    const own = utterances.filter(({ speaker }) => speaker === name);
    if (own.length === 0) return [];
    const within = <T extends { start: number }>(tokens: readonly T[]): T[] =>
      tokens.filter(({ start }) => own.some((utterance) => start >= utterance.start && start < utterance.end));
    const words = transcript.words && { words: within(transcript.words) };
    return [
      {
        ...{ speaker: name ?? '', suffix },
        part: { ...transcript, utterances: own, phones: within(transcript.phones), ...words },
      },
    ];
  });
}
