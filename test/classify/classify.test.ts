// Labels of what was said: the gradient against finite differences, a model that training finds again, errors of
// recognition as they were asked for, groups, a network with its tokeniser, and files that are none of these.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tableOf, topicRows } from '../../bench/topics.js';
import { evaluate } from '../../src/classify/evaluate.js';
import { readLabelled } from '../../src/classify/labelled-table.js';
import { labelOf, openLabeller } from '../../src/classify/labeller.js';
import { fit, objective, probabilities, type Examples } from '../../src/classify/logistic.js';
import { ngramCounts, rowOf } from '../../src/classify/ngrams.js';
import { misheard, unitsOf } from '../../src/classify/recognition-errors.js';
import { openTextModel, textModelSchema, writeTextModel } from '../../src/classify/text-model.js';
import { trainTextModel } from '../../src/classify/train.js';
import { spokenUtterances } from '../../src/classify/transcribed.js';
import { Rng } from '../../src/core/rng.js';
import { computeSchema } from '../../src/core/stage.js';
import { OnnxBuilder } from '../../src/engine/index.js';
import { compare } from '../../src/score/score.js';
import { temporaryFolder } from '../temporary-folder.js';

const seed = 7;
const compute = computeSchema.parse({});

describe('logistic regression', () => {
  const rng = Rng.fromSeed(seed);
  const [classes, columns] = [3, 5];
  const examples: Examples = {
    rows: Array.from({ length: 12 }, () => ({
      indices: Int32Array.of(rng.integer(2), 2 + rng.integer(3)),
      values: Float64Array.of(rng.normal(), rng.normal()),
    })),
    labels: Int32Array.from({ length: 12 }, () => rng.integer(classes)),
    classes,
    columns,
  };

  it('has the gradient that finite differences give', () => {
    const weights = Float64Array.from({ length: classes * (columns + 1) }, () => rng.normal());
    const slope = new Float64Array(weights.length);
    objective(examples, weights, 0.1, slope);
    const spare = new Float64Array(weights.length);
    for (let w = 0; w < weights.length; w++) {
      const at = (step: number): number =>
        objective(
          examples,
          weights.map((value, i) => (i === w ? value + step : value)),
          0.1,
          spare,
        );
      expect((at(1e-5) - at(-1e-5)) / 2e-5, `weight ${w}`).toBeCloseTo(slope[w]!, 7);
    }
  });

  it('ends where the gradient is flat', () => {
    const slope = new Float64Array(classes * (columns + 1));
    objective(examples, fit(examples, 0.1), 0.1, slope);
    expect(Math.max(...slope.map(Math.abs))).toBeLessThan(1e-4);
  });

  it('without columns gives the shares of the labels', () => {
    const bare: Examples = {
      rows: Array.from({ length: 4 }, () => ({ indices: new Int32Array(0), values: new Float64Array(0) })),
      labels: Int32Array.of(0, 0, 0, 1),
      classes: 2,
      columns: 0,
    };
    const p = new Float64Array(2);
    probabilities(fit(bare, 0.1), bare.rows[0]!, 2, 0, p);
    expect(p[0]).toBeCloseTo(0.75, 3);
  });
});

describe('n-grams', () => {
  it('are those of letters with spaces around words', () => {
    expect([...ngramCounts('A B').keys()]).toEqual([
      ' a',
      'a ',
      ' b',
      'b ',
      ' a ',
      'a b',
      ' b ',
      ' a b',
      'a b ',
      ' a b ',
    ]);
    const { values } = rowOf(
      new Map([
        ['aa', 1],
        ['bb', 3],
      ]),
      new Map([
        ['aa', 0],
        ['bb', 1],
      ]),
    );
    expect(values[0]! ** 2 + values[1]! ** 2).toBeCloseTo(1, 12);
    expect(values[1]! / values[0]!).toBeCloseTo(1 + Math.log(3), 12);
  });
});

describe('simulated errors', () => {
  it('come at the rate that was asked for', () => {
    const rng = Rng.fromSeed(seed);
    const text = Array.from({ length: 4000 }, () => rng.choice(['a', 'e', 'k', 's', 't'])).join(' ');
    const units = unitsOf([text], 'token');
    for (const rate of [0.05, 0.2]) {
      const { errors, length } = compare(text.split(' '), misheard(text, rate, 'token', units, rng).split(' '));
      // Alignment explains some errors by fewer, never by more.
      expect(errors / length).toBeGreaterThan(0.8 * rate);
      expect(errors / length).toBeLessThan(1.1 * rate);
    }
    expect(misheard(text, 0, 'token', units, rng)).toBe(text);
  });
});

describe('a model of labelled sentences', () => {
  it('is trained, written, read again and measured', async () => {
    const folder = await temporaryFolder();
    const table = join(folder, 'topics.tsv');
    writeFileSync(table, tableOf(topicRows(Rng.fromSeed(seed), 12, 12, 'balanced')));
    const rows = await readLabelled(table);
    expect(rows[0]).toMatchObject({ id: '0-0', speaker: 'speaker 0', groups: { names: expect.any(String) as string } });
    const model = await trainTextModel(rows, Rng.fromSeed(seed));
    expect(model.measured.accuracy).toBeGreaterThan(model.measured.guess + 0.3);
    const path = join(folder, 'topics.json');
    await writeTextModel(path, model);
    expect(textModelSchema.parse(JSON.parse(readFileSync(path, 'utf8')))).toEqual(model);
    await using labeller = await openLabeller(path, undefined, compute);
    const [scores] = await labeller.scores(['anna is cooking a soup with fish this evening']);
    expect(labelOf(labeller, scores!)).toMatchObject({ label: 'meal' });
    expect(scores!.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);

    const run = (): ReturnType<typeof evaluate> =>
      evaluate(labeller, topicRows(Rng.fromSeed(seed + 1), 12, 6, 'unseen'), 'letter', {
        rng: Rng.fromSeed(seed),
        seed: `${seed}`,
      });
    const result = await run();
    expect(await run()).toEqual(result);
    expect(result.curve[0]).toMatchObject({ rate: 0, changed: 0 });
    expect(result.curve.at(-1)!.changed).toBeGreaterThan(0.1);
    expect(result.curve.at(-1)!.accuracy).toBeLessThan(result.curve[0]!.accuracy);
    expect(Object.keys(result.groups!.attributes).sort()).toEqual(['dialect', 'names']);
    expect(result.misheardGroups!.attributes['names']).toHaveLength(2);
    expect(Object.keys(result.bySpeaker!)).toHaveLength(12);
  }, 60_000);

  it('is refused where there is nothing to tell apart, or the table is none', async () => {
    const folder = await temporaryFolder({
      'none.tsv': 'text\tsubject\nhello\tgreeting\n',
      'empty.tsv': 'text\tlabel\n',
      'hole.tsv': 'text\tlabel\nhello\t\n',
      'twice.tsv': 'text\tlabel\tlabel\nhello\ta\tb\n',
      'open.csv': 'text,label\n"hello,a\n',
      'model.json': '{"format":"asr text classifier","version":1}',
    });
    const refused = (name: string): Promise<unknown> => readLabelled(join(folder, name));
    await expect(refused('none.tsv')).rejects.toThrow(/line 1: no column label/);
    await expect(refused('empty.tsv')).rejects.toThrow(/no row with a text and a label/);
    await expect(refused('hole.tsv')).rejects.toThrow(/line 2: no label/);
    await expect(refused('twice.tsv')).rejects.toThrow(/two columns are called label/);
    await expect(refused('open.csv')).rejects.toThrow(/quote that is never closed/);
    await expect(openTextModel(join(folder, 'model.json'))).rejects.toMatchObject({ code: 'model' });
    const row = { id: '1', text: 'a', label: 'one', speaker: undefined, groups: {} };
    await expect(trainTextModel([row, row], Rng.fromSeed(seed))).rejects.toThrow(/1 different labels/);
  });
});

describe('transcripts', () => {
  it('come by utterance with their times', async () => {
    const folder = await temporaryFolder({
      'talk.json': JSON.stringify({
        schema: 1,
        file: 'talk.wav',
        seconds: 3,
        phones: [],
        utterances: [
          { start: 0, end: 1.5, text: 'we are going', speaker: 'S1' },
          { start: 2, end: 3, text: 'to the river' },
        ],
      }),
      'hypotheses.jsonl':
        '{"id":"u1","phones":[{"phone":"a","start":1600,"end":3200},{"phone":"b","start":3200,"end":8000}]}\n',
      text: 'u1 we are going\n',
      'broken.jsonl': '{"id":"u1"\n',
      'other.json': '{"name":"x"}',
    });
    const all = async (name: string): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const one of spokenUtterances(join(folder, name))) found.push(one);
      return found;
    };
    expect(await all('talk.json')).toEqual([
      { id: 'talk.wav', start: 0, end: 1.5, text: 'we are going', speaker: 'S1' },
      { id: 'talk.wav', start: 2, end: 3, text: 'to the river' },
    ]);
    expect(await all('hypotheses.jsonl')).toEqual([{ id: 'u1', start: 0.1, end: 0.5, text: 'a b' }]);
    expect(await all('text')).toEqual([{ id: 'u1', start: null, end: null, text: 'we are going' }]);
    await expect(all('broken.jsonl')).rejects.toThrow(/line 1: not valid JSON/);
    await expect(all('other.json')).rejects.toThrow(/expected file and utterances/);
    await expect(all('missing.json')).rejects.toMatchObject({ code: 'io' });
  });
});

/** Words by number, between [CLS] and [SEP], as BERT's. */
const tokeniser = {
  version: '1.0',
  added_tokens: ['[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 2], cls: ['[CLS]', 1] },
  decoder: null,
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, soup: 3, train: 4 },
  },
};

/** Logits are sums of a row a token: soup speaks for the first label, train for the second. */
function network(input = 'input_ids'): Uint8Array {
  const graph = new OnnxBuilder();
  const ids = graph.input(input, 'int64', [1, 'tokens']);
  const table = graph.constant('float32', [5, 2], Float32Array.of(0, 0, 0, 0, 0, 0, 3, 0, 0, 3));
  const sum = graph.node('ReduceSum', [graph.node('Gather', [table, ids]), graph.ints(1)], { keepdims: 0 });
  graph.output('logits', sum, 'float32', [1, 2]);
  return graph.encode('text');
}

describe('a network with its tokeniser', () => {
  it('gives softmax or each label alone, under the names of config.json', async () => {
    const folder = await temporaryFolder({
      'text.onnx': Buffer.from(network()),
      'tokenizer.json': JSON.stringify(tokeniser),
      'config.json': JSON.stringify({ id2label: { 0: 'meal', 1: 'trip' }, max_position_embeddings: 8 }),
    });
    const open = () => openLabeller(join(folder, 'text.onnx'), join(folder, 'tokenizer.json'), compute);
    await using labeller = await open();
    expect(labeller.labels).toEqual(['meal', 'trip']);
    const [soup, both, empty, long] = await labeller.scores(['Soup!', 'soup train', '', 'train '.repeat(100)]);
    expect(soup![0]).toBeCloseTo(1 / (1 + Math.exp(-3)), 5);
    expect(both![0]).toBeCloseTo(0.5, 6);
    expect(empty![0]).toBeCloseTo(0.5, 6);
    expect(long![1]).toBeCloseTo(1 / (1 + Math.exp(-3 * 4)), 5); // six tokens, two of them [CLS] and [SEP]... of eight
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ problem_type: 'multi_label_classification' }));
    await using several = await open();
    expect(several.labels).toEqual(['LABEL_0', 'LABEL_1']);
    const [alone] = await several.scores(['soup']);
    expect([...alone!]).toEqual([expect.closeTo(1 / (1 + Math.exp(-3)), 5), expect.closeTo(0.5, 5)]);
  });

  it('is refused without a tokeniser, with a wrong one, or with other inputs', async () => {
    const folder = await temporaryFolder({
      'text.onnx': Buffer.from(network()),
      'sound.onnx': Buffer.from(network('sound')),
      'tokenizer.json': JSON.stringify(tokeniser),
      'letter.json': '{"dear":"reader"}',
    });
    const at = (name: string): string => join(folder, name);
    await expect(openLabeller(at('text.onnx'), undefined, compute)).rejects.toMatchObject({ code: 'usage' });
    await expect(openLabeller(at('text.txt'), undefined, compute)).rejects.toMatchObject({ code: 'usage' });
    await expect(openLabeller(at('text.onnx'), at('letter.json'), compute)).rejects.toThrow(/no tokeniser/);
    await expect(openLabeller(at('sound.onnx'), at('tokenizer.json'), compute)).rejects.toThrow(/takes sound/);
    await expect(openLabeller(at('letter.json'), undefined, compute)).rejects.toMatchObject({ code: 'model' });
  });
});
