// What ffmpeg says on stderr, line by line, in; how many sound tracks the file has, and what is wrong with it, out.
import type { Complaints } from './child.js';

/** Sound tracks of the input, of which the first is taken, and what ffmpeg complains about. */
export function listen(): { complaints: Complaints; note: () => string | undefined } {
  let [tracks, listing] = [0, true];
  const pick = (line: string): string | undefined => {
    if (/^\[info\] (?:Stream mapping|Output #)/.test(line)) listing = false;
    if (listing && /^\[info\] +Stream #0:\d{1,5}\S{0,80}: Audio: /.test(line)) tracks++;
    if (/^(?:\[[^\]]{0,80}\] ){0,3}\[(?:info|warning)\]/.test(line)) return undefined;
    return line.replace(/\[(?:error|fatal|panic)\] /, '');
  };
  return {
    complaints: { lines: [], most: 20, pick },
    note: () => (tracks > 1 ? `sound is the first of ${tracks} tracks` : undefined),
  };
}

/** ffmpeg's last words, without the path and the addresses it prints. */
export function because(complaints: readonly string[]): string {
  if (complaints.some((line) => line.includes('matches no streams'))) return ' (it has no sound track)';
  if (complaints.some((line) => line.includes('whitelist')))
    return ' (a playlist, or another format that holds no sound itself)';
  // Recorders and cameras write the table of an m4a or mp4 last: a copy that was cut off has none.
  if (complaints.some((line) => line.includes('moov atom not found')))
    return ' (its end is missing: copy it again from where it was recorded)';
  const last = complaints.filter((line) => line.trim() !== '').at(-1);
  if (last === undefined) return '';
  const words = last.startsWith('[') ? last.slice(last.indexOf(']') + 1) : last;
  return ` (${words.slice(words.lastIndexOf(': ') + 1).trim()})`;
}
