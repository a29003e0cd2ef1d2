// Checkpoints as they are published: numbers come out as they went in, whatever the
// layout; nothing in a file is executed.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { float32Tensor, writeSafetensors } from '../../bench/safetensors.js';
import { openCheckpoint, readTensor } from '../../src/checkpoints/index.js';
import { dictionary, floats, global, int, pickle, tensor, text, torchStream, tuple, zip } from './pickles.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asr-checkpoint-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const put = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(root, name), bytes);
  return join(root, name);
};
async function numbers(path: string): Promise<Record<string, readonly number[]>> {
  const { tensors } = await openCheckpoint(path);
  const entries = await Promise.all(
    [...tensors].map(async ([name, one]) => [name, [...(await readTensor(one))]] as const),
  );
  return Object.fromEntries(entries);
}
const refusal = async (path: string): Promise<string> =>
  openCheckpoint(path).then(
    () => 'taken',
    (error: unknown) => `${(error as { code: string }).code}: ${(error as Error).message}`,
  );

describe('safetensors', () => {
  const tensors = {
    a: float32Tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
    half: { dtype: 'F16' as const, shape: [2], bytes: Uint8Array.of(0x00, 0x3c, 0x00, 0xc0) },
    brain: { dtype: 'BF16' as const, shape: [2], bytes: Uint8Array.of(0x80, 0x3f, 0x00, 0xc0) },
  };

  it('reads float32, float16 and bfloat16', async () => {
    writeSafetensors(join(root, 'model.safetensors'), tensors);
    expect(await numbers(root)).toEqual({ a: [1, 2, 3, 4, 5, 6], half: [1, -2], brain: [1, -2] });
  });

  it('reads shards by their index, and names what is missing', async () => {
    writeSafetensors(join(root, 'one.safetensors'), { a: tensors.a });
    writeSafetensors(join(root, 'two.safetensors'), { half: tensors.half });
    const index = (map: object): string =>
      put('model.safetensors.index.json', Buffer.from(JSON.stringify({ weight_map: map })));
    index({ a: 'one.safetensors', half: 'two.safetensors' });
    expect(await numbers(root)).toEqual({ a: [1, 2, 3, 4, 5, 6], half: [1, -2] });
    index({ a: 'one.safetensors', half: 'three.safetensors' });
    expect(await refusal(root)).toMatch(/^model: .*names the file "three.safetensors", which is not beside it/);
    index({ a: 'two.safetensors', half: 'two.safetensors' });
    expect(await refusal(root)).toMatch(/says that tensor "a" lies in two.safetensors, where it is not/);
    index({ a: '../one.safetensors' });
    expect(await refusal(root)).toContain('leads out of');
  });

  it.each([20, 150, -4])('refuses a file that ends at byte %i', async (end) => {
    writeSafetensors(join(root, 'model.safetensors'), tensors);
    const path = join(root, 'model.safetensors');
    truncateSync(path, end > 0 ? end : readFileSync(path).length + end);
    expect(await refusal(root)).toMatch(/^model: .*cut short/);
  });
});

describe('torch.save', () => {
  const state = dictionary({
    plain: tensor({ shape: [2, 2], storage: '0', count: 6 }),
    part: tensor({ shape: [2], first: 4, storage: '0', count: 6 }),
    turned: tensor({ shape: [3, 2], strides: [1, 3], storage: '0', count: 6 }),
    whole: tensor({ shape: [1], storage: '1', count: 1 }, 'LongStorage'),
  });
  const long = new Uint8Array(BigInt64Array.of(7n).buffer);
  const expected = { plain: [1, 2, 3, 4], part: [5, 6], turned: [1, 4, 2, 5, 3, 6], whole: [7] };

  it('reads an archive: views, offsets, strides', async () => {
    const content = { 'x/data.pkl': pickle(state), 'x/data/0': floats(1, 2, 3, 4, 5, 6), 'x/data/1': long };
    put('pytorch_model.bin', zip(content));
    expect(await numbers(root)).toEqual(expected);
  });

  const stream = (object: Buffer): Buffer =>
    torchStream(object, { 0: floats(1, 2, 3, 4, 5, 6), 1: long }, { 0: 6, 1: 1 });

  it('reads a stream of pickles, and says where one is cut short', async () => {
    const path = put('pytorch_model.bin', stream(state));
    expect(await numbers(root)).toEqual(expected);
    truncateSync(path, readFileSync(path).length - 12);
    expect(await refusal(root)).toMatch(/^model: .*cut short/);
    truncateSync(path, 300);
    expect(await refusal(root)).toMatch(/^model: .*cut short/);
  });

  it('reads what stands beside the weights as plain data', async () => {
    const namespace = (content: Buffer): Buffer =>
      Buffer.concat([global('argparse', 'Namespace'), Buffer.from(')\x81', 'latin1'), content, Buffer.from('b')]);
    const node = (field: string, content: Buffer): Buffer =>
      Buffer.concat([
        global('omegaconf.nodes', 'AnyNode'),
        Buffer.from(')\x81', 'latin1'),
        dictionary({ [field]: content }),
        Buffer.from('b'),
      ]);
    const args = namespace(dictionary({ normalize: Buffer.from('\x88', 'latin1'), inner: node('_val', int(5)) }));
    const path = put('old.pt', stream(dictionary({ args, cfg: Buffer.from('N'), model: state })));
    expect((await openCheckpoint(path)).settings).toEqual({ normalize: true, inner: 5 });
    expect(await numbers(path)).toEqual(expected);
  });

  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'getattr'],
    ['subprocess', 'Popen'],
    ['torch.storage', '_load_from_bytes'],
    ['torch.hub', 'load'],
    ['runpy', '_run_code'],
    ['numpy.testing', 'measure'],
  ])('refuses %s.%s by its name, executing nothing', async (module, name) => {
    const mark = join(root, 'executed');
    const evil = Buffer.concat([global(module, name), tuple(text(`touch ${mark}`)), Buffer.from('R')]);
    for (const bytes of [zip({ 'x/data.pkl': pickle(dictionary({ a: evil })) }), stream(dictionary({ a: evil }))]) {
      const path = put('pytorch_model.bin', bytes);
      expect(await refusal(path)).toContain(`asks for "${module}.${name}"`);
    }
    const stacked = pickle(text(module), text(name), Buffer.from('\x93', 'latin1'), tuple(text('x')), Buffer.from('R'));
    expect(await refusal(put('pytorch_model.bin', zip({ 'x/data.pkl': stacked })))).toContain(`"${module}.${name}"`);
    expect(() => readFileSync(mark)).toThrow();
  });

  it('refuses tensors that reach over the end of their storage, and storages that are not there', async () => {
    const beyond = dictionary({ a: tensor({ shape: [4], first: 3, storage: '0', count: 6 }) });
    const content = { 'x/data/0': floats(1, 2, 3, 4, 5, 6) };
    expect(await refusal(put('a.bin', zip({ 'x/data.pkl': pickle(beyond), ...content })))).toMatch(
      /reaches over the end/,
    );
    expect(await refusal(put('b.bin', zip({ 'x/data.pkl': pickle(state), ...content })))).toMatch(
      /numbers of tensor "whole" are missing/,
    );
    expect(await refusal(put('c.bin', zip({ 'x/data.pkl': pickle(state), ...content }).subarray(0, 200)))).toMatch(
      /cut short/,
    );
    expect(await refusal(put('d.bin', Buffer.from('<html>Not found</html>')))).toMatch(
      /not a file that torch.save wrote/,
    );
  });
});
