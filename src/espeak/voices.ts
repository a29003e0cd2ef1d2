// Which names eSpeak NG really has a voice for. Its own check also takes folders of its data (`esx`, `roa`) and
// unknown variants (`es+xyz`) and then speaks nonsense, so names are looked up in its lists first.
import { AsrError } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';

/** One entry of eSpeak's list of voices. */
export interface ListedVoice {
  /** Its file, for instance `roa/es-419`. */
  readonly identifier: string;
  /** Codes that it answers to, for instance `es-419` and `es-mx`. */
  readonly languages: readonly { readonly name: string }[];
}

export class VoiceNames {
  /** Lower-case name to file. */
  readonly #files = new Map<string, string>();
  readonly #variants: ReadonlySet<string>;

  constructor(voices: readonly ListedVoice[], variants: readonly string[]) {
    for (const { identifier } of voices) {
      this.#files.set(identifier.toLowerCase(), identifier);
      this.#files.set((identifier.split('/').at(-1) ?? identifier).toLowerCase(), identifier);
    }
    // The first voice that claims a language keeps it; a voice's own file name comes before all claims.
    for (const { identifier, languages } of voices) {
      for (const { name } of languages)
        if (!this.#files.has(name.toLowerCase())) this.#files.set(name.toLowerCase(), identifier);
    }
    this.#variants = new Set(variants.map((name) => name.toLowerCase()));
  }

  /**
   * @param name a language code, or the file of a voice, with a variant after a plus sign
   * @returns the voice's file, with the variant
   * @throws AsrError 'config' with the nearest name for an unknown language or variant
   */
  resolve(name: string): string {
    const [language = '', variant, ...rest] = name.split('+');
    const file = this.#files.get(language.toLowerCase());
    if (file === undefined || rest.length > 0) {
      throw unknown(
        name,
        nearestName(
          language.toLowerCase(),
          [...this.#files.keys()].filter((key) => !key.includes('/')),
        ),
        'Languages are codes such as es, de, en-us, fr-fr, sw; variants follow a plus sign: es+f2.',
      );
    }
    if (variant === undefined) return file;
    if (!this.#variants.has(variant.toLowerCase())) {
      const nearest = nearestName(variant.toLowerCase(), [...this.#variants]);
      throw unknown(
        name,
        nearest === undefined ? undefined : `${language}+${nearest}`,
        `Variants are: ${[...this.#variants].sort().join(', ')}.`,
      );
    }
    return `${file}+${variant}`;
  }
}

function unknown(name: string, nearest: string | undefined, hint: string): AsrError {
  return new AsrError(
    'config',
    `eSpeak NG has no voice "${name}"`,
    nearest === undefined ? hint : `Did you mean "${nearest}"? ${hint}`,
  );
}
