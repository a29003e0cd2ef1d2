// What is known of how a word is said: its phones, or why it has none.

export type Unspoken = 'otherScript' | 'unknownLetter' | 'noPronunciation' | 'espeakHangs';

/** The phones of a word, or the reason why it has none. */
export type Pronunciation =
  { readonly phones: readonly string[]; readonly foreign: boolean } | { readonly missing: Unspoken };
export type WordPronouncer = (word: string) => Pronunciation;
