// `asr climb` as its user runs it: the table, the command that finishes the best, lines for programs, wrong input.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCorpus } from '../audio/corpora.js';
import { temporaryFolder } from '../temporary-folder.js';
import { asr } from './program.js';

const set = [
  'corpus.parts=[]',
  'text.pronunciation=letters',
  'text.minWordCount=1',
  'clusters.restarts=1',
  'clusters.count=12',
  'learn.refine=none',
  'learn.matching.steps=20',
  'learn.matching.restarts=2',
  'executor.jobs=1',
  'decode.method=greedy',
];
const settings = set.flatMap((one) => ['--set', one]);

describe('asr climb', () => {
  it('prints a table of the tries, and a command that finishes the best', async () => {
    const folder = await temporaryFolder();
    await makeCorpus(folder, 'librispeech', 8);
    const data = join(folder, 'LibriSpeech');
    const command = ['climb', 'librispeech', '--data', data, '--over', 'clusters.count=8,12', ...settings];
    const { stdout, code, stderr } = await asr(command, { cwd: folder });
    expect(code, stderr).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ +clusters\.count +METRIC +LIKELIHOOD +STATE$/u);
    expect(lines.slice(1, 3).map((line) => /^[* ] +(\d+) +\d+\.\d+ +- +\w+/u.exec(line)?.[1])).toEqual(['12', '8']);
    const best = lines.slice(1, 3).findIndex((line) => line.startsWith('*'));
    const count = ['12', '8'][best]!;
    expect(lines).toHaveLength(4);
    const words = lines[3]!
      .replace(/^Finish the best: asr /u, '')
      .replaceAll("'", '')
      .split(' ');
    expect(words.slice(0, 2)).toEqual(['run', 'librispeech']);
    expect(words).toContain(`clusters.count=${count}`);
    const finished = await asr(words, { cwd: folder });
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stderr).toMatch(/learn: up to date/u);
    expect(finished.stdout).toMatch(/Phone error rate/u);

    const page = await readFile(join(folder, 'runs', 'librispeech-climb', 'climb.html'), 'utf8');
    // A line a try over the axes of the setting and the metric, and one in each picture of curves.
    expect(page).toContain('aria-label="Parallel coordinates of all tries"');
    expect(page.match(/<title>clusters\.count=(8|12): [\d.]+<\/title>/gu)).toHaveLength(2);
    const [, curves = ''] = page.split('aria-label="Loss of n-gram matching"');
    expect(curves.split('</svg>')[0]!.match(/<polyline/gu)).toHaveLength(2);

    // A run of one's own takes over what a try has made.
    const other = ['run', 'librispeech', '--data', data, '--run', 'other', '--to', 'learn', ...settings];
    const shared = await asr([...other, '--share', join('runs', 'librispeech-climb', 'clusters.count=12')], {
      cwd: folder,
    });
    expect(shared.stderr).toMatch(/^taken over: .*features.*learn/mu);
    expect(shared.stdout).toContain('Nothing to do');

    const grid = await asr([...command, '--search', 'grid', '--json'], { cwd: folder });
    expect(grid.stdout.trimEnd().split('\n')).toHaveLength(2);

    const again = await asr([...command, '--json', '--minutes', '0'], { cwd: folder });
    const tries = again.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { values: unknown; best: boolean; metric: number });
    expect(tries.map(({ values }) => values)).toEqual([{ 'clusters.count': '12' }, { 'clusters.count': '8' }]);
    expect(tries.findIndex((one) => one.best)).toBe(best);
    expect(tries[best]!.metric).toBe(Math.min(...tries.map(({ metric }) => metric)));
  });

  it.each([
    [[], 2, /no setting is given/u],
    [['--over', 'clusters.count=64', '--minutes', 'soon'], 2, /--minutes soon/u],
    [['--over', 'clusters.counts=64'], 2, /clusters\.counts.*\n.*clusters\.count/u],
  ])('says what is wrong with %j', async (args, code, message) => {
    const outcome = await asr(['climb', 'demo-es', ...args], { cwd: await temporaryFolder() });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(code);
  });
});
