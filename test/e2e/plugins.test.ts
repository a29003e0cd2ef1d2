// The examples as a person uses them: a recipe whose corpus layout, front end, pronunciations, learning
// method, loss and one stage are others' programs; who has allowed them, what a change of them makes
// stale, and the model that comes out.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wavBytes } from '../audio/signals.js';
import { babble } from '../transcribe/small-model.js';
import { asr, lastJson, projectFolder, type Outcome } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-plugins-'));
const examples = join(projectFolder, 'examples');
const parts = join(examples, 'parts.mjs');
const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config') };
const run = (args: string[], more: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  asr(args, { cwd: folder, env: { ...env, ...more } });
const recipe = ['recipe.yaml', '--run', join(folder, 'run')];

beforeAll(() => {
  mkdirSync(join(folder, 'sound'));
  for (let i = 0; i < 8; i++)
    writeFileSync(join(folder, 'sound', `s${i % 2}__${i}.wav`), wavBytes([babble(3, i + 1)], 16_000, 's16'));
  const words = ['cha', 'mekal', 'tes', 'lamach', 'ket', 'selem'];
  const line = (n: number): string =>
    Array.from({ length: 4 }, (_, i) => words[(n * 5 + i * (1 + (n % 5))) % 6]).join(' ');
  writeFileSync(join(folder, 'text.txt'), Array.from({ length: 60 }, (_, n) => `${line(n)}\n`).join(''));
  writeFileSync(
    join(folder, 'recipe.yaml'),
    `name: others
data: .
use: [${join(examples, 'rank-method.mjs')}, ${parts}]
plugins: { rank: { certainty: 0.8 }, crossings: { lags: 4 }, sessions: { test: s1 } }
audio: { layout: sessions, dir: sound }
features: { kind: crossings }
text: { file: text.txt, pronunciation: digraphs }
clusters: { count: 12 }
learn: { method: rank, refine: none, seeds: 2 }
selftrain: { method: none }
executor: { jobs: 2 }
`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a recipe that uses modules of others', () => {
  it.each([['check'], ['run', '--dry-run'], ['run']])(
    'is not even looked at by asr %s until somebody allows it',
    async (...command) => {
      const [name = '', ...options] = command;
      const outcome = await run([name, 'recipe.yaml', ...options]);
      expect(outcome.code).toBe(2);
      expect(outcome.stderr).toContain(
        `programs that would run with your rights: ${join(examples, 'rank-method.mjs')}, ${parts}`,
      );
      expect(outcome.stderr).toContain('--allow-code');
      expect(existsSync(join(folder, 'run'))).toBe(false);
    },
  );

  it('runs, in worker processes too', async () => {
    const outcome = await run(['run', ...recipe, '--allow-code']);
    // 7: it may be found out that nothing was learned.
    expect([0, 7], outcome.stderr).toContain(outcome.code);
    const phones = JSON.parse(readFileSync(join(folder, 'run', 'text', 'phones.json'), 'utf8')) as {
      phones: { phone: string }[];
    };
    expect(phones.phones.map(({ phone }) => phone)).toContain('ch');
    for (const name of ['rank-1', 'rank-2'])
      expect(existsSync(join(folder, 'run', 'learn', 'runs', name, 'run.json'))).toBe(true);
    expect(readFileSync(join(folder, 'run', 'bigrams', 'bigrams.tsv'), 'utf8')).toMatch(/^\S+ \S+\t\d+\n/);
    const utterances = readFileSync(join(folder, 'run', 'vad', 'utterances.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(new Set(utterances.map((one) => (JSON.parse(one) as { split: string }).split))).toEqual(
      new Set(['train', 'test']),
    );
  });

  it('is up to date afterwards, and a changed setting of a plug-in makes stale what depends on it', async () => {
    const again = await run(['run', ...recipe, '--allow-code', '--dry-run', '--json']);
    const { steps } = lastJson(again) as { steps: { stage: string; upToDate: boolean; reason: string }[] };
    expect(steps.filter(({ upToDate }) => !upToDate)).toEqual([]);
    expect(steps.map(({ stage }) => stage)).toContain('bigrams');
    const changed = await run([
      'run',
      ...recipe,
      '--allow-code',
      '--dry-run',
      '--json',
      '--set',
      'plugins.rank.certainty=0.7',
    ]);
    const plan = lastJson(changed) as typeof again extends never
      ? never
      : { steps: { stage: string; upToDate: boolean; reason: string }[] };
    const [first] = plan.steps.filter(({ upToDate }) => !upToDate);
    expect([first?.stage, first?.reason]).toEqual([
      'learn',
      expect.stringContaining('plugin.settings.certainty 0.8 -> 0.7'),
    ]);
  });

  it('needs no word where its folder stands in the own configuration', async () => {
    mkdirSync(join(folder, 'config', 'asr'), { recursive: true });
    writeFileSync(join(folder, 'config', 'asr', 'allow-code'), `# mine\n${folder}\n`);
    const outcome = await run(['run', ...recipe, '--dry-run']);
    rmSync(join(folder, 'config'), { recursive: true });
    expect(outcome.code, outcome.stderr).toBe(0);
  });

  it.each([
    ['plugins.rank.certanty=1', 'Did you mean "certainty"?'],
    ['plugins.rnak.certainty=1', 'Did you mean "rank"?'],
    ['learn.method=rnk', 'learn.method'],
    ['use=[./none.mjs]', 'none.mjs'],
  ])('refuses %s', async (setting, message) => {
    const outcome = await run(['run', ...recipe, '--allow-code', '--dry-run', '--set', setting]);
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
  });

  it('gives a model that hears through its front end, and writes its format', async () => {
    const sound = join(folder, 'sound', 's0__0.wav');
    const args = ['transcribe', sound, '--model', join(folder, 'run', 'bundle'), '--format'];
    const outcome = await run([...args, 'count', '--use', parts]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stdout).toMatch(/s0__0\.wav\t\d+\n$/);
    const without = await run([...args, 'text']);
    expect([without.code, without.stderr]).toEqual([4, expect.stringContaining('--use MODULE')]);
  });
});

it('shows what modules register, once that is allowed, and writes a schema that knows their settings', async () => {
  const refused = await run(['plugins', parts]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--allow-code')]);
  const rank = join(examples, 'rank-method.mjs');
  const shown = await run(['plugins', rank, parts, '--allow-code', '--schema', 'mine.schema.json']);
  expect(shown.code, shown.stderr).toBe(0);
  expect(shown.stdout).toMatch(
    /## method rank, version 1\n[^]*`plugins\.rank\.certainty` \| `0\.9` \| number ≥ 0\.5 ≤ 0\.99/,
  );
  expect(shown.stdout).toMatch(/## stage bigrams, version 1/);
  const schema = JSON.parse(readFileSync(join(folder, 'mine.schema.json'), 'utf8')) as {
    properties: { plugins: { properties: Record<string, object> } };
  };
  expect(schema.properties.plugins.properties['rank']).toMatchObject({ properties: { certainty: { maximum: 0.99 } } });
});

it("changes the GAN's loss", async () => {
  writeFileSync(
    join(folder, 'gan.yaml'),
    `name: gan
data: .
use: [${join(examples, 'entropy-loss.mjs')}]
audio: { dir: sound, speakers: one }
text: { file: text.txt, pronunciation: letters }
clusters: { count: 12 }
learn:
  method: gan
  refine: none
  gan:
    { loss: entropy, updates: 12, evaluateEvery: 12, batch: 4, collapse: { successors: 0 }, discriminator: { dim: 8 } }
`,
  );
  const losses = async (...settings: string[]): Promise<string> => {
    const at = join(folder, `gan-${settings.length}`);
    const outcome = await run(['run', 'gan.yaml', '--run', at, '--to', 'learn', '--allow-code', ...settings]);
    expect([0, 7], outcome.stderr).toContain(outcome.code);
    return readFileSync(join(at, 'learn', 'runs', 'gan-1', 'metrics.jsonl'), 'utf8');
  };
  expect(await losses()).not.toBe(await losses('--set', 'plugins.entropy.weight=50'));
});
