// What people see of a night. The issues go through a stand-in for gh that keeps them in a folder, since the real one
// needs a host: it takes the arguments that gh's manual gives, and refuses others.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendSummary, badgeOf, summaryOf, tellIssue, writeBadge } from '../../src/regress/alerts.js';
import type { NightOutcome } from '../../src/regress/night.js';
import { temporaryFolder } from '../temporary-folder.js';

const outcome = (name: string, verdict: NightOutcome['verdict'], reason: string = verdict): NightOutcome => ({
  name,
  verdict,
  reason,
});
const good = [outcome('demo', 'ok'), outcome('kerstin', 'skipped')];
const bad = [outcome('demo', 'worse', 'worse: PER 20 % | twice\n  as much'), outcome('kerstin', 'ok')];

describe('the summary', () => {
  it('is a table whose cells hold what the lines say, and is added to what stands there', async () => {
    const path = join(await temporaryFolder(), 'deep', 'summary.md');
    await appendSummary(path, 'nightly', good);
    await appendSummary(path, 'nightly', bad);
    expect(await readFile(path, 'utf8')).toBe(`${summaryOf('nightly', good)}\n${summaryOf('nightly', bad)}\n`);
    expect(summaryOf('nightly', bad).split('\n')).toEqual([
      '## nightly: demo worse',
      '',
      '| recipe | verdict | what it means |',
      '|---|---|---|',
      '| demo | worse | worse: PER 20 % \\| twice as much |',
      '| kerstin | ok | ok |',
      '',
    ]);
  });
});

describe('the badge', () => {
  it.each([
    ['brightgreen', '1 of 2 ran, none worse', good],
    ['red', 'demo worse', bad],
    ['red', 'demo failed, kerstin over-budget', [outcome('demo', 'failed'), outcome('kerstin', 'over-budget')]],
    ['yellow', '2 of 2 ran, none worse', [outcome('demo', 'ok'), outcome('kerstin', 'noisy')]],
    ['lightgrey', 'nothing ran', [outcome('kerstin', 'skipped')]],
  ] as const)('is %s: %s', async (color, message, outcomes) => {
    const path = join(await temporaryFolder(), 'deep', 'badge.json');
    await writeBadge(path, 'nightly', outcomes);
    const written: unknown = JSON.parse(await readFile(path, 'utf8'));
    expect(written).toEqual({ schemaVersion: 1, label: 'nightly', message, color });
    expect(written).toEqual(badgeOf('nightly', outcomes));
  });
});

describe('the issue', () => {
  const before = process.env['PATH'];
  let host = '';
  beforeEach(async () => {
    host = await temporaryFolder({
      'issues.json': '[{"number":7,"title":"Regressions: nightly of another","state":"open","said":[]}]',
      gh: `#!${process.execPath}
const { readFileSync, writeFileSync, existsSync } = require('node:fs');
const file = __dirname + '/issues.json';
const issues = JSON.parse(readFileSync(file));
const [topic, verb, ...rest] = process.argv.slice(2);
const option = (name) => rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined;
if (existsSync(__dirname + '/refuses')) { console.error('warning\\nHTTP 403: no permission'); process.exit(4); }
if (topic !== 'issue') process.exit(1);
const own = () => issues.find(({ number }) => number === Number(rest[0]));
if (verb === 'list' && option('--state') === 'open' && option('--json') === 'number,title')
  console.log(JSON.stringify(issues.filter(({ state }) => state === 'open')));
else if (verb === 'create') {
  issues.push({ number: issues.length + 7, title: option('--title'), state: 'open', said: [option('--body')] });
  console.log('https://host/issues/' + issues.at(-1).number);
} else if (verb === 'comment') own().said.push(option('--body'));
else if (verb === 'close') Object.assign(own(), { state: 'closed' }).said.push(option('--comment'));
else process.exit(1);
writeFileSync(file, JSON.stringify(issues));
`,
    });
    await chmod(join(host, 'gh'), 0o755);
    process.env['PATH'] = host;
  });
  afterEach(() => {
    process.env['PATH'] = before;
  });
  const issues = async (): Promise<{ number: number; state: string; said: string[] }[]> =>
    JSON.parse(await readFile(join(host, 'issues.json'), 'utf8')) as never;

  it('is opened once, added to, left open after a part of the suite, and closed by a good night', async () => {
    expect(await tellIssue('nightly', good, true)).toBe('no issue: nothing is worse');
    expect(await tellIssue('nightly', bad, true)).toBe('issue opened: https://host/issues/8');
    expect(await tellIssue('nightly', bad, false)).toMatch(/^issue updated/u);
    expect(await tellIssue('nightly', good.slice(0, 1), false)).toBe('issue 8 stays open: not all recipes ran');
    expect((await issues())[1]).toMatchObject({ state: 'open' });
    expect(await tellIssue('nightly', good, true)).toBe('issue 8 closed: nothing is worse');
    const [other, own, ...more] = await issues();
    expect(other).toMatchObject({ state: 'open', said: [] });
    expect(own).toMatchObject({ state: 'closed' });
    expect(own?.said).toEqual([bad, bad, good].map((outcomes) => summaryOf('nightly', outcomes)));
    expect(more).toEqual([]);
    expect(await tellIssue('nightly', bad, true)).toBe('issue opened: https://host/issues/9');
  });

  it('says in one line why none could be written', async () => {
    await writeFile(join(host, 'refuses'), '');
    expect(await tellIssue('nightly', bad, true)).toBe('no issue written: gh issue list: HTTP 403: no permission');
    process.env['PATH'] = join(host, 'nowhere');
    expect(await tellIssue('nightly', bad, true)).toBe(
      'no issue written: gh is not installed (https://cli.github.com)',
    );
  });
});
