// Markdown in, the commands that it shows out: lines of fenced shell blocks and code between backticks, each with the
// place where it stands.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../e2e/program.js';

export interface ShownCommand {
  readonly file: string;
  readonly line: number;
  /** A line of a block, without its comment; or a few words in a sentence. */
  readonly kind: 'block' | 'inline';
  readonly text: string;
}

const skipped = new Set(['node_modules', 'dist', '.git', 'runs', '.github', 'coverage']);
/** History, not instructions: their commands are those of the commit that they name. */
const history = new Set(['RESULTS.md', 'CHANGELOG.md']);

export function markdownFiles(folder = projectFolder, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownFiles(folder, path);
    return entry.name.endsWith('.md') && !history.has(path) ? [path] : [];
  });
}

const shells = new Set(['sh', 'bash', 'console']);
const programs = /^(?:asr|node|npm|npx|make|docker|yarn|pnpm) \S/;

export function shownCommands(file: string): ShownCommand[] {
  const found: ShownCommand[] = [];
  let fence: string | undefined;
  const lines = readFileSync(join(projectFolder, file), 'utf8').split('\n');
  for (const [i, line] of lines.entries()) {
    const opened = /^\s*```(\w*)/.exec(line);
    if (opened) {
      fence = fence === undefined ? (opened[1] ?? '') : undefined;
    } else if (fence !== undefined) {
      const text = withoutComment(line).trim();
      if (text !== '' && (shells.has(fence) || (fence === '' && programs.test(text))))
        found.push({ file, line: i + 1, kind: 'block', text });
    } else {
      for (const [, text = ''] of line.matchAll(/`([^`]+)`/g))
        if (programs.test(text)) found.push({ file, line: i + 1, kind: 'inline', text });
    }
  }
  return found;
}

/** A `#` behind a blank, outside of quotes, begins a comment. */
function withoutComment(line: string): string {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const letter = line[i] as string;
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '#' && (i === 0 || /\s/.test(line[i - 1] as string))) return line.slice(0, i);
  }
  return line;
}

/** The words of each `asr` in a line of shell: pipes, redirections and what stands for "and so on" cut away. */
export function asrCalls(text: string): string[][] {
  return text
    .split(/\s(?:\\?\||&&)\s/)
    .map((part) => words(part.trim().replace(/^(?:[A-Z_]+=\S+\s+)+/, '')))
    .map((all) => (all[0] === 'node' && all[1] === 'bin/asr.js' ? ['asr', ...all.slice(2)] : all))
    .filter(([first, second]) => first === 'asr' && second !== '…')
    .map((all) => {
      const end = all.findIndex((word) => /^\d?[<>]/.test(word));
      return (end < 0 ? all : all.slice(0, end)).slice(1).filter((word) => word !== '…');
    });
}

function words(part: string): string[] {
  return [...part.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}
