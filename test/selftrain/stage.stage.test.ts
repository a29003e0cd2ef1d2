import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { AsrError } from '../../src/core/errors.js';
import { silentLog } from '../../src/core/log.js';
import { Rng } from '../../src/core/rng.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { innerStates } from '../../src/core/inner-stage.js';
import { runStage, stageState } from '../../src/core/stage-run.js';
import { featuresConfig } from '../../src/features/config.js';
import { chosenSystem, hypothesisFolder, passFolder, readPassChoice, readPasses } from '../../src/selftrain/output.js';
import { decodeConfig } from '../../src/decode/config.js';
import { loadDecoder } from '../../src/decode/decoder-files.js';
import { loadEmission } from '../../src/learn/emission.js';
import { selftrainStage } from '../../src/selftrain/stage.js';
import { textStage } from '../../src/text/stage.js';
import { statesPerPhone, dim, phones, sentence, speak } from '../triphone/simulated-speech.js';

const compute = { engine: 'cpu', threads: 1 } as const;
const hop = 160;
let data = '';
let inputs: Record<string, string> = {};
const spoken = speak({ utterances: 100, coarticulation: 1, spread: 1.2, seed: 4 });
const letter = (phone: number): string => 'abdegi'[phone]!;
const lines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

async function folder(stage: string, files: Record<string, string> = {}): Promise<string> {
  const path = join(data, stage);
  await mkdir(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  await writeFile(
    join(path, 'stage.json'),
    JSON.stringify({
      stage: stage.replace(/-.*/u, ''),
      key: stage,
      version: 1,
      program: 'test',
      seed: 1,
      config: {},
      inputs: {},
      counts: {},
      skipped: 0,
      seconds: 0,
      peakMiB: 0,
      compute,
      finished: '',
    }),
  );
  return path;
}

/** A tone for every phone, loudest in its middle, under some noise. */
function tones({ phones: path, ends, rows }: (typeof spoken)[number], rng: Rng): Int16Array {
  const samples = Float64Array.from({ length: rows * hop }, () => 0.01 * rng.normal());
  path.forEach((phone, i) => {
    const start = i === 0 ? 0 : ends[i - 1]! * hop;
    const length = ends[i]! * hop - start;
    for (let n = 0; n < length; n++)
      samples[start + n]! +=
        0.3 * Math.sin((Math.PI * (n + 0.5)) / length) * Math.sin((2 * Math.PI * 300 * 1.6 ** phone * n) / 16_000);
  });
  return Int16Array.from(samples, (x) => Math.round(32_767 * Math.max(-1, Math.min(1, x))));
}

/** What a recogniser with this share of wrong phones would have written. */
function recognised(wrong: number, rng: Rng): string {
  return lines(
    spoken.map(({ id, phones: path, ends }) => ({
      id,
      recording: id,
      split: splitOf(id),
      phones: Array.from(path, (phone, i) => ({
        phone: letter(rng.uniform() < wrong ? rng.integer(phones) : phone),
        start: i === 0 ? 0 : ends[i - 1]! * hop,
        end: ends[i]! * hop,
      })),
    })),
  );
}

const splitOf = (id: string): string => (Number(id.slice(1)) % 10 === 0 ? 'test' : 'train');

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asr-selftrain-'));
  const rng = Rng.fromSeed(8);
  const sentences = Array.from({ length: 300 }, () => sentence(rng).map(letter).join(''));
  await writeFile(join(data, 'text.txt'), sentences.join('\n'));
  const text = join(data, 'text');
  await runStage(textStage, {
    data,
    seed: 1,
    log: silentLog,
    compute,
    inputs: {},
    out: text,
    config: resolveConfig(textStage.config, [{ pronunciation: 'letters', minPhoneCount: 1 }], 'test'),
  });
  const features = await folder('features', {
    'features.json': JSON.stringify({
      kind: 'precomputed',
      dim,
      hop,
      window: hop,
      sampleRate: 16_000,
      config: featuresConfig.parse({}),
    }),
  });
  const frames = await ShardWriter.create(join(features, 'frames'), { columns: dim });
  for (const { id, frames: own } of spoken) await frames.append(id, own);
  await frames.close();
  const audio = await folder('audio');
  const samples = await ShardWriter.create(join(audio, 'samples'), { columns: 1, type: 'int16' });
  for (const utterance of spoken) await samples.append(utterance.id, tones(utterance, rng));
  await samples.close();
  inputs = {
    text,
    features,
    audio,
    vad: await folder('vad', {
      'utterances.jsonl': lines(
        spoken.map(({ id, speaker, rows }) => ({
          id,
          recording: id,
          speaker,
          split: splitOf(id),
          regions: [[0, rows * hop]],
          samples: rows * hop,
        })),
      ),
    }),
    decode: await folder('decode', {
      'hypotheses.jsonl': recognised(0.25, Rng.fromSeed(1)),
      'decoder/decoder.json': JSON.stringify(decodeConfig.parse({})),
    }),
  };
});
afterAll(() => rm(data, { recursive: true, force: true }));

const small: ConfigTree = {
  method: 'hmm',
  words: false,
  hmm: {
    passes: ['mono', 'tri'],
    iterations: 4,
    realign: 2,
    monoGaussians: phones * statesPerPhone,
    gaussians: 60,
    minGaussianFrames: 5,
    tiedStates: 40,
    minStateFrames: 20,
    acousticScale: 0.5,
  },
};

async function train(out: string, config: ConfigTree, given = inputs): Promise<string> {
  const path = join(data, out);
  await runStage(selftrainStage, {
    data,
    seed: 1,
    log: silentLog,
    compute,
    inputs: given,
    out: path,
    config: resolveConfig(selftrainStage.config, [config], 'test'),
  });
  return path;
}

/** Errors in the test split, by the Kaldi file. */
async function errorRate(path: string): Promise<number> {
  let errors = 0;
  let length = 0;
  const heard = new Map(
    (await readFile(join(path, 'hyp.txt'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => [line.split(' ')[0]!, line.split(' ').slice(1).join('')]),
  );
  for (const { id, phones: path_ } of spoken.filter((utterance) => splitOf(utterance.id) === 'test')) {
    errors += distance(Array.from(path_, letter).join(''), heard.get(id)!);
    length += path_.length;
  }
  return errors / length;
}

const withNetwork: ConfigTree = {
  ...small,
  method: 'ctc',
  hmm: { ...(small['hmm'] as object), passes: ['mono'] },
  ctc: {
    bands: 24,
    network: { channels: 32, layers: 3, dropout: 0 },
    train: { epochs: 5, batch: 4, crop: 64, learningRate: 0.01 },
    augment: { noise: [30, 45] },
  },
};

describe('selftrain stage', () => {
  it('leaves what decode wrote alone unless it is asked to train', async () => {
    const out = await train('none', { method: 'none' });
    expect((await readdir(out)).sort()).toEqual(['choice.json', 'stage.json']);
    expect((await readPassChoice(out))?.reason).toContain('selftrain.method=none');
    expect(hypothesisFolder({ decode: 'there', selftrain: out })).toBe('there');
  });

  it('recognises with far fewer errors than the labels that it learned from, and keeps the best pass', async () => {
    const out = await train('hmm', small);
    const passes = await readPasses(out);
    expect(passes.map(({ name }) => name)).toEqual(['decode', 'mono', 'tri']);
    const chosen = passes.find((pass) => pass.chosen)!;
    expect(chosen.name, JSON.stringify(passes)).not.toBe('decode');
    expect(chosen.metric).toBe(Math.min(...passes.map(({ metric }) => metric!)));
    expect(hypothesisFolder({ decode: 'there', selftrain: out })).toBe(out);
    expect(await errorRate(out)).toBeLessThan(0.1); // of the labels 21 % are wrong
    expect(await readFile(join(out, 'hyp.txt'), 'utf8')).toBe(
      await readFile(join(passFolder(out, chosen.name), 'hyp.txt'), 'utf8'),
    );
    // Times are those of the frames: phones follow each other from the start of the utterance to its end.
    const [first] = (await readFile(join(out, 'hypotheses.jsonl'), 'utf8')).split('\n');
    const { phones: times } = JSON.parse(first!) as { phones: { start: number; end: number }[] };
    expect(times[0]!.start).toBe(0);
    expect(times.at(-1)!.end).toBe(spoken[0]!.rows * hop);
    // Between two equal phones a frame is left, which keeps them apart.
    times.slice(1).forEach(({ start }, i) => {
      expect([0, hop]).toContain(start - times[i]!.end);
    });
  });

  it('goes on after a pass that was finished before a kill, to the same result', async () => {
    const whole = await train('hmm', small);
    const out = join(data, 'killed');
    const aborted = new AbortController();
    const log = {
      ...silentLog,
      info: (message: string): void => {
        if (message.startsWith('tri, estimate 2')) aborted.abort(new Error('killed'));
      },
    };
    const options = {
      data,
      seed: 1,
      log: { ...log, child: () => log },
      compute,
      inputs,
      out,
      config: resolveConfig(selftrainStage.config, [small], 'test'),
    };
    await expect(runStage(selftrainStage, { ...options, signal: aborted.signal })).rejects.toThrow('killed');
    expect(existsSync(join(`${out}.partial`, 'passes', 'mono', 'pass.json'))).toBe(true);
    await runStage(selftrainStage, { ...options, log: silentLog });
    for (const file of ['hypotheses.jsonl', 'hyp.txt', 'passes/tri/triphone.json', 'passes/tri/mixtures.npy'])
      expect(await readFile(join(out, file)), file).toEqual(await readFile(join(whole, file)));
  });

  it('says so, and stays with decode, when no pass is better', async () => {
    const perfect = {
      ...inputs,
      decode: await folder('decode-perfect', { 'hypotheses.jsonl': recognised(0, Rng.fromSeed(1)) }),
    };
    const warnings: string[] = [];
    const log = {
      ...silentLog,
      warn: (message: string): void => {
        warnings.push(message);
      },
    };
    const out = join(data, 'perfect');
    // A language model so loud that nothing is heard any more.
    const deaf = { ...small, hmm: { ...(small['hmm'] as object), passes: ['mono'], lmWeight: 50 } };
    await runStage(selftrainStage, {
      data,
      seed: 1,
      log: { ...log, child: () => log },
      compute,
      inputs: perfect,
      out,
      config: resolveConfig(selftrainStage.config, [deaf], 'test'),
    });
    expect((await readPasses(out)).find(({ chosen }) => chosen)?.name).toBe('decode');
    expect(warnings.join()).toContain('stays');
    expect(existsSync(join(out, 'hyp.txt'))).toBe(false);
  });

  it('trains nothing on labels that are far from the text, and says how far', async () => {
    const wrong = {
      ...inputs,
      decode: await folder('decode-wrong', { 'hypotheses.jsonl': recognised(0.9, Rng.fromSeed(2)) }),
    };
    const warnings: string[] = [];
    const log = {
      ...silentLog,
      warn: (message: string): void => {
        warnings.push(message);
      },
    };
    const out = join(data, 'wrong');
    await runStage(selftrainStage, {
      data,
      seed: 1,
      log: { ...log, child: () => log },
      compute,
      inputs: wrong,
      out,
      config: resolveConfig(selftrainStage.config, [small], 'test'),
    });
    expect((await readPasses(out)).map(({ name, chosen }) => [name, chosen])).toEqual([['decode', true]]);
    expect(warnings.join()).toMatch(/nothing is trained: .* times the perplexity of held-out text/u);
    expect(existsSync(join(out, 'hyp.txt'))).toBe(false);
  });

  it('refuses what it cannot train on, and says what to do', async () => {
    const silent = {
      ...inputs,
      decode: await folder('decode-silent', {
        'hypotheses.jsonl': lines(spoken.map(({ id }) => ({ id, recording: id, split: splitOf(id), phones: [] }))),
      }),
    };
    const error = await train('silent', small, silent).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AsrError);
    expect((error as AsrError).message).toContain('holds nothing to learn from');
    expect((error as AsrError).hint).toContain('selftrain.method=none');
  });

  it('recognises words with the pass that it chose, beside phones', async () => {
    const out = await train('words', { ...small, words: true, hmm: { ...(small['hmm'] as object), passes: ['mono'] } });
    const passes = await readPasses(out);
    // The chosen pass is what the run recognises with: model, front end and decoder, phones and words of one search.
    const { emission, decoder, frontEnd, pass } = await chosenSystem({
      ...(inputs as Record<'decode' | 'features', string>),
      learn: 'nowhere',
      selftrain: out,
    });
    expect(pass).toBe(passes.find(({ chosen }) => chosen)!.name);
    expect(frontEnd.kind).toBe('precomputed');
    const model = await loadEmission(emission, compute);
    expect((await loadDecoder(decoder, model)).config.method).toBe('words');
    await model.dispose();
    const heard = (await readFile(join(out, 'hypotheses.jsonl'), 'utf8')).trim().split('\n');
    expect(heard).toHaveLength(spoken.length);
    for (const line of heard) expect(JSON.parse(line)).toHaveProperty('words');
    expect(existsSync(join(out, 'hyp-words.txt'))).toBe(true);
  });

  it('trains a network on the sound with CTC, and continues after a kill to the same network', async () => {
    const whole = await train('ctc', withNetwork);
    const passes = await readPasses(whole);
    expect(passes.map(({ name }) => name)).toEqual(['decode', 'mono', 'ctc']);
    // Tones are easier than frames, so that what is left are the errors of its labels that it learned.
    expect(await errorRate(passFolder(whole, 'ctc'))).toBeLessThan(0.1);
    expect(existsSync(join(whole, 'work'))).toBe(false);
    const out = join(data, 'ctc-killed');
    const aborted = new AbortController();
    const log = {
      ...silentLog,
      info: (message: string): void => {
        if (message.startsWith('ctc, epoch 3')) aborted.abort(new Error('killed'));
      },
    };
    const options = {
      data,
      seed: 1,
      log: { ...log, child: () => log },
      compute,
      inputs,
      out,
      config: resolveConfig(selftrainStage.config, [withNetwork], 'test'),
    };
    const inside = async (changed: Partial<typeof options> = {}) => {
      const given = { ...options, ...changed };
      return innerStates(selftrainStage, given, await stageState(selftrainStage, given));
    };
    expect(await inside()).toEqual([{ name: 'bands', upToDate: false, reason: 'not done yet' }]);
    await expect(runStage(selftrainStage, { ...options, signal: aborted.signal })).rejects.toThrow('killed');
    // Its frames were made, and count for the same settings and seed.
    expect(await inside()).toEqual([{ name: 'bands', upToDate: true, reason: 'up to date' }]);
    expect(await inside({ seed: 2 })).toEqual([{ name: 'bands', upToDate: false, reason: 'not done yet' }]);
    await runStage(selftrainStage, { ...options, log: silentLog });
    expect(await inside()).toEqual([{ name: 'bands', upToDate: true, reason: 'up to date' }]);
    for (const file of ['passes/ctc/ctc.npy', 'passes/ctc/hyp.txt', 'hyp.txt'])
      expect(await readFile(join(out, file)), file).toEqual(await readFile(join(whole, file)));
  });
});
