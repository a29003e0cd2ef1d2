// An alignment as text: reference over hypothesis in columns, with a letter under every error.
import type { Edit, EditKind } from './edit-distance.js';
import { countErrors, errorRate } from './score.js';

const lineWidth = 110;
const letters: Record<EditKind, string> = { match: '', substitution: 'S', deletion: 'D', insertion: 'I' };

/** Columns a token takes on a terminal: marks take none. */
const width = (token: string): number => [...token.replace(/\p{M}/gu, '')].length;
const pad = (token: string, columns: number): string => token + ' '.repeat(Math.max(0, columns - width(token)));

/** One utterance: a line of counts, then REF, HYP and OPS lines, wrapped together. */
export function alignmentText(id: string, edits: readonly Edit[]): string {
  const counts = countErrors(edits);
  const head =
    `${id}: ${counts.errors} errors in ${counts.length} (${(errorRate(counts) * 100).toFixed(1)} %), ` +
    `${counts.substitutions} S, ${counts.deletions} D, ${counts.insertions} I\n`;
  let text = head;
  let rows: [string, string, string] = ['', '', ''];
  const flush = (): void => {
    if (rows[0] !== '')
      text +=
        ['REF', 'HYP', '   ']
          .map((name, i) => `${name} ${rows[i] as string}`.trimEnd())
          .filter((row) => row !== '')
          .join('\n') + '\n';
    rows = ['', '', ''];
  };
  for (const edit of edits) {
    const cells = [edit.reference ?? '*', edit.hypothesis ?? '*', letters[edit.kind]];
    const columns = Math.max(...cells.map(width)) + 1;
    if (width(rows[0]) + columns > lineWidth) flush();
    rows = [
      rows[0] + pad(cells[0] as string, columns),
      rows[1] + pad(cells[1] as string, columns),
      rows[2] + pad(cells[2] as string, columns),
    ];
  }
  flush();
  return text;
}
