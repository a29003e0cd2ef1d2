// A transcript as the server gives it, seen as tiers of labels, and what a correction of one label makes of it.
interface Timed {
  readonly start: number;
  readonly end: number;
  readonly confidence?: number;
}
export interface ShownTranscript {
  readonly schema: 1;
  readonly file: string;
  readonly seconds: number;
  readonly text?: string;
  readonly utterances?: readonly (Timed & { readonly text: string })[];
  readonly phones: readonly (Timed & { readonly phone: string })[];
  readonly words?: readonly (Timed & { readonly word: string })[];
  readonly warning?: string;
}

export const tierNames = ['utterances', 'words', 'phones'] as const;
export type TierName = (typeof tierNames)[number];
export interface Label extends Timed {
  readonly text: string;
}
/** Which label of which tier. */
export interface LabelPosition {
  readonly tier: TierName;
  readonly index: number;
}

const labelOf = ({ start, end, confidence }: Timed, text: string): Label => ({
  start,
  end,
  text,
  ...(confidence === undefined ? {} : { confidence }),
});

export function labelsOf(transcript: ShownTranscript, tier: TierName): Label[] {
  if (tier === 'utterances') return (transcript.utterances ?? []).map((timed) => labelOf(timed, timed.text));
  if (tier === 'words') return (transcript.words ?? []).map((timed) => labelOf(timed, timed.word));
  return transcript.phones.map((timed) => labelOf(timed, timed.phone));
}

/** What is corrected by a person is sure; the text of an utterance follows its words (or phones, where it has none). */
export function corrected(transcript: ShownTranscript, { tier, index }: LabelPosition, text: string): ShownTranscript {
  const replaced = <T extends Timed>(items: readonly T[], change: Partial<T>): T[] =>
    items.map((item, i) =>
      i === index ? { ...item, ...change, ...(tier === 'utterances' ? {} : { confidence: 1 }) } : item,
    );
  if (tier === 'utterances')
    return joined({ ...transcript, utterances: replaced(transcript.utterances ?? [], { text }) });
  const changed =
    tier === 'words'
      ? { ...transcript, words: replaced(transcript.words ?? [], { word: text }) }
      : { ...transcript, phones: replaced(transcript.phones, { phone: text }) };
  const source: TierName = transcript.words ? 'words' : 'phones';
  return source === tier ? joined(retold(changed, labelsOf(changed, tier), index)) : changed;
}

/** The utterance that a token lies in says what its tokens say now. */
function retold(transcript: ShownTranscript, tokens: readonly Label[], index: number): ShownTranscript {
  const token = tokens[index];
  const utterances = (transcript.utterances ?? []).map((utterance) => {
    if (!token || token.start < utterance.start || token.start >= utterance.end) return utterance;
    const own = tokens.filter(({ start }) => start >= utterance.start && start < utterance.end);
    return { ...utterance, text: own.map(({ text }) => text).join(' ') };
  });
  return { ...transcript, utterances };
}

const joined = (transcript: ShownTranscript): ShownTranscript => ({
  ...transcript,
  text: (transcript.utterances ?? [])
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .join(' '),
});
