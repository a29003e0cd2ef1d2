// Whether a language can be read by eSpeak NG, for whoever writes a recipe.
import { AsrError } from '../core/errors.js';
import { loadEspeak } from '../espeak/espeak.js';

/** Whether eSpeak NG speaks it; false also where eSpeak is not installed. */
export async function isSpoken(language: string): Promise<boolean> {
  try {
    (await loadEspeak()).phonemise('a', language);
    return true;
  } catch (error) {
    if (error instanceof AsrError) return false;
    throw error;
  }
}
