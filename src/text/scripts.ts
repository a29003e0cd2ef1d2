// Which scripts a language is written in, to notice a text that the phonemizer cannot read: eSpeak spells
// letters of other scripts by name ("Cyrillic p, Cyrillic r, …"), which would pass as pronunciation.

const scriptsOf: Readonly<Record<string, readonly string[]>> = {
  Cyrillic: ['ru', 'uk', 'be', 'bg', 'mk', 'kk', 'ky', 'tt', 'ba', 'cv', 'nog', 'sr', 'uz', 'bs'],
  Greek: ['el', 'grc'],
  Arabic: ['ar', 'fa', 'ur', 'ug', 'sd'],
  Hebrew: ['he'],
  Devanagari: ['hi', 'mr', 'ne', 'kok'],
  Bengali: ['bn', 'as', 'bpy'],
  Gujarati: ['gu'],
  Gurmukhi: ['pa'],
  Oriya: ['or'],
  Tamil: ['ta'],
  Telugu: ['te'],
  Kannada: ['kn'],
  Malayalam: ['ml'],
  Sinhala: ['si'],
  Thai: ['th'],
  Myanmar: ['my', 'shn'],
  Georgian: ['ka'],
  Armenian: ['hy', 'hyw'],
  Ethiopic: ['am', 'ti'],
  Cherokee: ['chr'],
  Hangul: ['ko'],
  Hiragana: ['ja'],
  Katakana: ['ja'],
  Han: ['ja', 'ko', 'cmn', 'yue', 'hak'],
  Latin: ['sr', 'uz', 'bs'],
};

/** Scripts of a voice; a voice that names one (`fa-latn`, `cmn-latn-pinyin`) or is in no list is taken as Latin. */
export function languageScripts(language: string): readonly string[] {
  const voice = language.toLowerCase();
  const code = (voice.split('/').at(-1) ?? '').split('-')[0] ?? '';
  const listed = Object.entries(scriptsOf)
    .filter(([, codes]) => codes.includes(code))
    .map(([script]) => script);
  return voice.includes('latn') || listed.length === 0 ? ['Latin'] : listed;
}

/** A test that finds a word with a letter outside the language's scripts; digits and marks belong to all of them. */
export function otherScriptTest(language: string): (word: string) => boolean {
  const allowed = languageScripts(language)
    .map((script) => `\\p{scx=${script}}`)
    .join('');
  const foreign = new RegExp(`(?![${allowed}\\p{scx=Common}\\p{scx=Inherited}])\\p{L}`, 'u');
  return (word) => foreign.test(word);
}

/**
 * A test that finds a word with a letter of the right script that the voice has no sound for and would read by name or
 * number in the midst of the word ("glottal stop", "letter two b b").
 * @param speak IPA of a text, words parted by blanks
 */
export function namedLetterTest(speak: (text: string) => string): (word: string) => boolean {
  const known = new Map<string, boolean>();
  return (word) => {
    // Beside letters of another script a voice changes its language; those are not asked about.
    for (const letter of word.match(/(?![a-z])[\p{scx=Latin}\p{scx=Common}]/giu) ?? []) {
      if (!/\p{L}/u.test(letter)) continue;
      let named = known.get(letter);
      if (named === undefined) {
        named = speak(`a${letter}a`).trim().split(/\s+/u).length > 2;
        known.set(letter, named);
      }
      if (named) return true;
    }
    return false;
  };
}
