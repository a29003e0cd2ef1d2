// Whole runs on a small simulated language: an interrupted one ends with the bytes of one that never stopped,
// numbers that stop being finite are named, and an easy task is learned better than chance.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { hashFile } from '../../src/core/fingerprint.js';
import { silentLog } from '../../src/core/log.js';
import { Rng } from '../../src/core/rng.js';
import {
  createGenerator,
  ganConfig,
  trainGan,
  type GanConfig,
  type GanOptions,
  type GanResult,
  type SegmentSource,
} from '../../src/gan/index.js';
import type { GeneratorEvaluation } from '../../src/gan/evaluate.js';
import { outcomeOf } from '../../src/gan/result.js';

const phones = 4;
const silence = 4;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gan-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

// What follows which phone: no renaming of the phones leaves these numbers the same, so that text tells them apart.
const starts = [0.7, 0.1, 0.1, 0.1];
const moves = [
  [0, 0.8, 0.2, 0],
  [0, 0, 0.3, 0.7],
  [0.1, 0, 0, 0.9],
  [0.5, 0.5, 0, 0],
];

function draw(shares: readonly number[], rng: Rng): number {
  let left = rng.uniform();
  const found = shares.findIndex((share) => (left -= share) < 0);
  return found < 0 ? shares.length - 1 : found;
}

/** Silence, 6 to 11 phones, silence. */
function sentence(rng: Rng): Int32Array {
  const line = [draw(starts, rng)];
  const length = 6 + rng.integer(6);
  while (line.length < length) line.push(draw(moves[line.at(-1)!]!, rng));
  return Int32Array.of(silence, ...line, silence);
}

/** Each phone a random direction, with noise. */
function speech(count: number, noise: number, seed = 'speech'): SegmentSource & { truth: Map<string, Int32Array> } {
  const rng = Rng.fromSeed(seed);
  const columns = 8;
  const means = Array.from({ length: phones + 1 }, () => Array.from({ length: columns }, () => rng.normal()));
  const truth = new Map(Array.from({ length: count }, (_, u): [string, Int32Array] => [`u${u}`, sentence(rng)]));
  const data = new Map(
    [...truth].map(([id, line]): [string, Float32Array] => [
      id,
      Float32Array.from([...line].flatMap((phone) => means[phone]!.map((mean) => mean + noise * rng.normal()))),
    ]),
  );
  return {
    truth,
    ids: [...truth.keys()],
    columns,
    rowsOf: (id) => truth.get(id)!.length,
    read: async (id) => ({ data: data.get(id)!, rows: truth.get(id)!.length }),
  };
}

/** Vectors that are finite, whose products with weights are not. */
function loud(): SegmentSource {
  const quiet = speech(20, 0.2);
  return {
    ...quiet,
    read: async (id) => {
      const { data, rows } = await quiet.read(id);
      return { data: data.map((x) => Math.sign(x) * 3e38), rows };
    },
  };
}

const text = (count: number): Int32Array[] => {
  const rng = Rng.fromSeed('text');
  return Array.from({ length: count }, () => sentence(rng));
};

/** Bigram perplexity over squared vocabulary use. */
function score(sequences: number[][]): { metric: number; vocabularySeen: number } {
  const seen = new Set(sequences.flat()).size / phones;
  const shares = sequences.flatMap((line) => line.slice(1).map((phone, i) => Math.max(0.01, moves[line[i]!]![phone]!)));
  const bits = shares.reduce((sum, share) => sum - Math.log2(share), 0) / shares.length;
  return { metric: shares.length === 0 ? Infinity : 2 ** bits / seen ** 2, vocabularySeen: seen };
}

const topShare = (sequences: number[][]): number => {
  const said = sequences.flat();
  return (
    Math.max(0, ...Array.from({ length: phones }, (_, v) => said.filter((phone) => phone === v).length)) /
    Math.max(1, said.length)
  );
};

const small: ConfigTree = {
  updates: 12,
  batch: 8,
  evaluateEvery: 5,
  checkpointEvery: 4,
  discriminator: { dim: 8, kernel: 3 },
};
const optionsFor = (
  name: string,
  layer: ConfigTree | ConfigTree[] = {},
  more: Partial<GanOptions> = {},
): GanOptions => ({
  segments: speech(20, 0.2),
  sentences: text(50),
  vocabulary: { size: phones + 1, silence },
  config: resolveConfig(ganConfig, [small, layer].flat(), 'test'),
  rng: Rng.fromSeed('run'),
  compute: { engine: 'cpu', threads: 1 },
  log: silentLog,
  checkpointFolder: join(folder, name),
  score,
  ...more,
});

/** wav2vec-U 2.0; fast enough to see its auxiliary loss fall in a few steps, and with labels that are the phones. */
const two: ConfigTree = {
  generator: { kernel: 5, stride: 2, batchNorm: 3, residual: true, lr: 0.02 },
  auxiliary: { weight: 0.5, classes: phones + 1 },
};

/** Everything beside the paper's loss at once. */
const aids: ConfigTree = {
  loss: 'relativistic',
  generator: { straightThrough: true },
  text: { matched: true, deletion: 0.1, insertion: 0.1 },
  course: { temperature: 2, smoothness: 0.5 },
  pairs: { weight: 1 },
  consistency: 1,
  curriculum: { by: 'length' },
};

async function bytesOf(name: string): Promise<Record<string, string>> {
  const files = ['metrics.jsonl', 'evaluations.jsonl', 'checkpoint.json', 'state-12.npy'];
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await hashFile(join(folder, name, file))] as [string, string])),
  );
}

describe('trainGan', () => {
  it.each<[string, ConfigTree]>([
    ['as in the reference', {}],
    ['with all that may help', aids],
  ])('continues an interrupted run to the same bytes, %s', async (name, layer) => {
    const [all, parts] = [`whole ${name}`, `parts ${name}`];
    const whole = await trainGan(optionsFor(all, layer));
    // Stops by itself inside the run: the signal fires during the first evaluation, after update 5.
    const stop = new AbortController();
    const interrupted = optionsFor(parts, layer, {
      signal: stop.signal,
      score: (sequences) => {
        stop.abort();
        return score(sequences);
      },
    });
    await expect(trainGan(interrupted)).rejects.toMatchObject({
      code: 'interrupted',
      message: 'gan: interrupted after update 5',
    });
    const continued = await trainGan(optionsFor(parts, layer));
    expect(await bytesOf(parts)).toEqual(await bytesOf(all));
    expect(continued).toEqual(whole);
    expect(whole.evaluations.map(({ update }) => update)).toEqual([5, 10, 12]);
    // Once more: nothing is left to do, and the result is the same.
    expect(await trainGan(optionsFor(parts, layer))).toEqual(whole);
  });

  it('continues a run with layers before the convolution to the same bytes, running statistics included', async () => {
    const { truth } = speech(20, 0.2);
    const auxiliaryLabels = async (id: string): Promise<Int32Array> => truth.get(id)!;
    const whole = await trainGan(optionsFor('two-whole', two, { auxiliaryLabels }));
    const stop = new AbortController();
    await expect(
      trainGan(
        optionsFor('two-parts', two, {
          auxiliaryLabels,
          signal: stop.signal,
          score: (sequences) => {
            stop.abort();
            return score(sequences);
          },
        }),
      ),
    ).rejects.toMatchObject({ code: 'interrupted' });
    const continued = await trainGan(optionsFor('two-parts', two, { auxiliaryLabels }));
    expect(await bytesOf('two-parts')).toEqual(await bytesOf('two-whole'));
    expect(continued).toEqual(whole);
    expect(whole.generator).toMatchObject({ stride: 2, classes: phones + 1 });
    expect(whole.generator.bias).toHaveLength(5 * (phones + 1));
    const metrics = (await readFile(join(folder, 'two-whole', 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    const losses = metrics
      .filter(({ network }) => (network as unknown) === 'generator')
      .map(({ auxiliary }) => auxiliary!);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
  });

  it('says what the auxiliary loss needs', async () => {
    await expect(trainGan(optionsFor('two-none', two))).rejects.toThrow(/auxiliary\.weight is above 0/);
  });

  it('drops metrics written after the last checkpoint of a run that was killed', async () => {
    const killed = optionsFor(
      'killed',
      {},
      {
        score: () => {
          throw new Error('killed');
        },
      },
    );
    await expect(trainGan(killed)).rejects.toThrow('killed');
    await trainGan(optionsFor('killed'));
    expect((await bytesOf('killed'))['metrics.jsonl']).toBe(
      (await bytesOf('whole as in the reference'))['metrics.jsonl'],
    );
  });

  it('starts anew when seed or configuration changed', async () => {
    const first = await trainGan(optionsFor('changed'));
    const second = await trainGan(optionsFor('changed', { smoothness: 0.7 }));
    expect(second.generator.w).not.toEqual(first.generator.w);
    const lines = (await readFile(join(folder, 'changed', 'metrics.jsonl'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(12);
    expect(JSON.parse(lines[0]!)).toMatchObject({ update: 0, network: 'generator' });
    expect(JSON.parse(lines[1]!)).toMatchObject({ update: 1, network: 'discriminator' });
  });

  it('moves one network per update and leaves special classes out of the result', async () => {
    const result = await trainGan(optionsFor('specials', { specials: 3, updates: 2 }));
    expect(result.generator.w.length).toBe(4 * 8 * (phones + 1));
    expect(result.generator).toMatchObject({ kernel: 4, pad: 2, columns: 8, classes: phones + 1 });
  });

  it('takes the gradient penalty in every n-th discriminator step where asked', async () => {
    await trainGan(optionsFor('lazy', { gradientPenaltyEvery: 3, gradientPenaltyShare: 0.5 }));
    const lines = (await readFile(join(folder, 'lazy', 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const penalised = lines
      .filter((line) => line['network'] === 'discriminator')
      .map((line) => line['gradientPenalty'] !== undefined);
    expect(penalised).toEqual([true, false, false, true, false, false]);
  });

  // Beyond what the configuration takes: what is learned here diverges at once, not after a night.
  const resolved = optionsFor('').config;
  it.each<[string, Partial<GanConfig>, Partial<GanOptions>, string]>([
    [
      'a weight, in the update that moved it',
      { generator: { ...resolved.generator, lr: 1e39, weightDecay: 1 } },
      {},
      'update 0 (generator): g.w is ',
    ],
    [
      'a weight of the other network',
      { discriminator: { ...resolved.discriminator, lr: 1e39, weightDecay: 1 } },
      {},
      'update 1 (discriminator): d.',
    ],
    ['the logits', {}, { segments: loud() }, 'update 0 (generator): logits is '],
    [
      'a part of the loss',
      { gradientPenalty: 3e38, gradientPenaltyEvery: 100 },
      {},
      'update 1 (discriminator): gradientPenalty is Infinity',
    ],
  ])('names update, network and tensor where a number stops being finite: %s', async (name, changed, more, message) => {
    const options = optionsFor(`diverges ${name}`, {}, { ...more, config: { ...resolved, ...changed } });
    await expect(trainGan(options)).rejects.toThrow(`gan: ${message}`);
  });

  it('says what there is not enough of', async () => {
    await expect(trainGan(optionsFor('none', { minSegments: 100 }))).rejects.toThrow(
      'none of 20 utterances has 100 segments',
    );
    await expect(trainGan(optionsFor('none', {}, { sentences: [new Int32Array(0)] }))).rejects.toThrow(
      'no line of text',
    );
    await expect(trainGan(optionsFor('none', {}, { sentences: [Int32Array.of(9)] }))).rejects.toThrow(
      'phone 9, the vocabulary has 5',
    );
  });
});

describe('the outcome of a run', () => {
  const collapse = resolveConfig(ganConfig, [], 'test').collapse;
  const evaluation = (metric: number, vocabularySeen: number, phonesPerUtterance = 10) => ({
    update: 1,
    score: { metric, vocabularySeen },
    phonesPerUtterance,
  });
  it.each<[string, [GeneratorEvaluation, number, number?], GanResult['state']]>([
    ['good', [evaluation(10, 1), 10, 8], 'converged'],
    ['far from text', [evaluation(30, 1), 10, 8], 'unconverged'],
    ['few phones', [evaluation(10, 0.2), 10], 'collapsed'],
    ['nothing comes out', [evaluation(Infinity, 0), 10], 'collapsed'],
    ['too short', [evaluation(10, 1, 2), 10], 'collapsed'],
    ['too long', [evaluation(10, 1, 40), 10], 'collapsed'],
  ])('%s', (_, [best, phonesPerLine, textMetric], state) => {
    expect(outcomeOf(best, { phonesPerLine, config: collapse, textMetric }).state).toBe(state);
  });
});

describe('a training that collapses', () => {
  const long: ConfigTree = { updates: 2000, evaluateEvery: 20, checkpointEvery: 2000, collapse: { patience: 4 } };

  it('is given up when one phone is all that comes out, and says so', async () => {
    const result = await trainGan(
      optionsFor('one phone', [long, { codePenalty: 0, generator: { lr: 1 } }], {
        score: (sequences) => ({ ...score(sequences), topShare: topShare(sequences) }),
      }),
    );
    expect(result.updates).toBeLessThan(2000);
    expect(['mode collapse', 'vocabulary use', 'silence everywhere', 'length ratio']).toContain(result.stopped?.cause);
  });

  it('is given up when a frozen generator is told apart, and continues to the same end', async () => {
    const frozen = [
      long,
      {
        generator: { lr: 0 },
        discriminator: { lr: 0.02 },
        gradientPenalty: 0,
        collapse: { discriminator: 0.9, vocabulary: 0, shortest: 0, longest: 99, topShare: 1 },
      },
    ];
    const whole = await trainGan(optionsFor('frozen', frozen, { textMetric: 0.1 }));
    expect(whole).toMatchObject({
      state: 'collapsed',
      cause: 'discriminator won',
      stopped: { cause: 'discriminator won' },
    });
    expect(whole.updates).toBeLessThan(2000);
    const stop = new AbortController();
    let evaluations = 0;
    const interrupted = optionsFor('frozen parts', frozen, {
      textMetric: 0.1,
      signal: stop.signal,
      score: (sequences) => {
        if (++evaluations === 3) stop.abort();
        return score(sequences);
      },
    });
    await expect(trainGan(interrupted)).rejects.toMatchObject({ code: 'interrupted' });
    const again = optionsFor('frozen parts', frozen, { textMetric: 0.1 });
    expect(await trainGan(again)).toEqual(whole);
    expect(await trainGan(again)).toEqual(whole); // from the checkpoint of the end
  });
});

describe('learning', () => {
  it('finds the phones of an easy language without labels', async () => {
    const segments = speech(200, 0.1);
    const layer: ConfigTree = {
      updates: 700,
      batch: 32,
      evaluateEvery: 100,
      checkpointEvery: 700,
      gradientPenaltyNorm: 'full',
      smoothness: 0.1,
      codePenalty: 1,
      generator: { kernel: 1, lr: 1e-2 },
      discriminator: { dim: 32, kernel: 3, lr: 2e-3 },
    };
    const result = await trainGan(
      optionsFor('learning', layer, { segments, sentences: text(400), rng: Rng.fromSeed('1') }),
    );
    expect(result.state).toBe('converged');
    const generator = await createGenerator(result.generator, { engine: 'cpu', threads: 1 });
    let right = 0;
    let total = 0;
    for (const [id, line] of segments.truth) {
      const { data, rows } = await segments.read(id);
      const { logProbs } = await generator.emit(data, rows);
      line.forEach((phone, t) => {
        const row = [...logProbs.subarray(t * (phones + 1), (t + 1) * (phones + 1))];
        if (row.indexOf(Math.max(...row)) === phone) right++;
        total++;
      });
    }
    await generator.dispose();
    // Always the same phone: 0.26. Seeds differ (0.89 to 1.00 in three) as they do in the reference.
    expect(right / total).toBeGreaterThan(0.8);
  });
});
