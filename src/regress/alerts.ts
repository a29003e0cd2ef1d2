// Outcomes of a night in, what people who were asleep see of it out: a summary in Markdown, a badge, and an issue that
// is opened, written to and closed by the host's own command line.
import { execFile } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { writeFileDurably } from '../core/durable.js';
import type { NightOutcome } from './night.js';
import { exitCodeOf } from './verdicts.js';

const isBad = ({ verdict }: NightOutcome): boolean => exitCodeOf([verdict]) !== 0;

/** A heading, the answer and a row for each recipe. */
export function summaryOf(suite: string, outcomes: readonly NightOutcome[]): string {
  const cell = (text: string): string =>
    text
      .split('\n')
      .map((line) => line.trim())
      .join(' ')
      .replaceAll('|', '\\|');
  return [
    `## ${suite}: ${answer(outcomes)}`,
    '',
    '| recipe | verdict | what it means |',
    '|---|---|---|',
    ...outcomes.map(({ name, verdict, reason }) => `| ${[name, verdict, reason].map(cell).join(' | ')} |`),
    '',
  ].join('\n');
}

/** Adds to the file, as the summaries of a workflow's steps want it. */
export async function appendSummary(path: string, suite: string, outcomes: readonly NightOutcome[]): Promise<void> {
  await mkdir(dirname(resolve(path)), { recursive: true });
  await appendFile(path, `${summaryOf(suite, outcomes)}\n`);
}

/** What an endpoint of shields.io answers: https://shields.io/badges/endpoint-badge */
export interface Badge {
  readonly schemaVersion: 1;
  readonly label: string;
  readonly message: string;
  readonly color: 'brightgreen' | 'yellow' | 'red' | 'lightgrey';
}

/** Yellow where nothing is worse but not all could be judged; grey where nothing ran. */
export function badgeOf(suite: string, outcomes: readonly NightOutcome[]): Badge {
  const ran = outcomes.filter(({ verdict }) => verdict !== 'skipped');
  const judged = ran.every(({ verdict }) => ['ok', 'improved', 'first'].includes(verdict));
  const color = outcomes.some(isBad) ? 'red' : ran.length === 0 ? 'lightgrey' : judged ? 'brightgreen' : 'yellow';
  return { schemaVersion: 1, label: suite, message: answer(outcomes), color };
}

export async function writeBadge(path: string, suite: string, outcomes: readonly NightOutcome[]): Promise<void> {
  await mkdir(dirname(resolve(path)), { recursive: true });
  await writeFileDurably(resolve(path), `${JSON.stringify(badgeOf(suite, outcomes))}\n`);
}

function answer(outcomes: readonly NightOutcome[]): string {
  const bad = outcomes.filter(isBad);
  const ran = outcomes.filter(({ verdict }) => verdict !== 'skipped').length;
  if (bad.length > 0) return bad.map(({ name, verdict }) => `${name} ${verdict}`).join(', ');
  return ran === 0 ? 'nothing ran' : `${ran} of ${outcomes.length} ran, none worse`;
}

/**
 * Opens an issue for a bad night, adds to the one that is open, and closes it after a good one. The night's exit code
 * does not depend on it.
 * @param whole every recipe of the suite was asked for; after a part of it the issue stays open
 * @returns what was done, or why nothing could be, in one line
 */
export async function tellIssue(suite: string, outcomes: readonly NightOutcome[], whole: boolean): Promise<string> {
  const title = `Regressions: ${suite}`;
  try {
    const listed = await gh('issue', 'list', '--state', 'open', '--search', `in:title "${title}"`, ...listing);
    const open = (JSON.parse(listed) as { number: number; title: string }[]).find((issue) => issue.title === title);
    const body = summaryOf(suite, outcomes);
    if (outcomes.some(isBad)) {
      if (!open) return `issue opened: ${await gh('issue', 'create', '--title', title, '--body', body)}`;
      return `issue updated: ${await gh('issue', 'comment', String(open.number), '--body', body)}`;
    }
    if (!open) return 'no issue: nothing is worse';
    if (!whole) return `issue ${open.number} stays open: not all recipes ran`;
    await gh('issue', 'close', String(open.number), '--comment', body);
    return `issue ${open.number} closed: nothing is worse`;
  } catch (thrown) {
    return `no issue written: ${(thrown as Error).message}`;
  }
}

const listing = ['--limit', '100', '--json', 'number,title'];

function gh(...args: string[]): Promise<string> {
  return new Promise((done, fail) => {
    execFile('gh', args, { timeout: 60_000 }, (error, stdout, stderr) => {
      const missing = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
      if (missing) fail(new Error('gh is not installed (https://cli.github.com)'));
      else if (error) fail(new Error(`gh ${args.slice(0, 2).join(' ')}: ${stderr.trim().split('\n').at(-1) ?? ''}`));
      else done(stdout.trim());
    });
  });
}
