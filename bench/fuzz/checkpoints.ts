// Published checkpoints: tables of tensors (safetensors, what torch.save wrote as archive and as stream), and folders
// of encoders that are opened and run. Pickles are damaged inside their archive, too, and with what hostile ones hold.
import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint, readTensor } from '../../src/checkpoints/index.js';
import { computeSchema } from '../../src/core/stage.js';
import type { Rng } from '../../src/core/rng.js';
import { featuresConfig } from '../../src/features/config.js';
import { createExtractor } from '../../src/features/extractor.js';
import { dictionary, floats, int, pickle, tensor, text, torchStream, zip } from '../../test/checkpoints/pickles.js';
import { float32Tensor, writeSafetensors } from '../safetensors.js';
import type { Damage } from './mutate.js';
import type { Target } from './target.js';

const compute = computeSchema.parse({ threads: 1 });
const six = floats(1, 2, 3, 4, 5, 6);
const seven = new Uint8Array(BigInt64Array.of(7n).buffer);

/** Two storages, views of them, and settings beside them. */
const object = dictionary({
  cfg: dictionary({ layers: int(3), name: text('[(512, 10, 5)] + [(512, 3, 2)] * 4') }),
  model: dictionary({
    plain: tensor({ shape: [2, 2], storage: '0', count: 6 }),
    turned: tensor({ shape: [3, 2], strides: [1, 3], storage: '0', count: 6 }),
    whole: tensor({ shape: [1], storage: '1', count: 1 }, 'LongStorage'),
  }),
});

const deep = 200_000;
/** Parts of pickles that say much in few bytes: depth, sizes that are not there, references to themselves. */
const odd: readonly Buffer[] = [
  Buffer.concat([Buffer.from(']'.repeat(deep)), Buffer.from('a'.repeat(deep - 1))]),
  Buffer.from('('.repeat(deep)),
  Buffer.from(`(${'}('.repeat(1000)}`),
  Buffer.concat([Buffer.from('X'), Buffer.from([0xff, 0xff, 0xff, 0x7f])]),
  Buffer.concat([Buffer.from([0x8b]), Buffer.from([0xff, 0xff, 0xff, 0x7f])]),
  Buffer.from(']q\x00h\x00a', 'latin1'),
  Buffer.from(']q\x00(h\x00h\x00h\x00el', 'latin1'),
  Buffer.from('2'.repeat(100_000)),
  Buffer.from('0'.repeat(10)),
  Buffer.from('L999999999999999999999999999999L\n'),
  Buffer.from(`I${'9'.repeat(100_000)}\n`),
];

function hostile(good: Buffer, rng: Rng): Buffer {
  const at = 2 + rng.integer(good.length - 2);
  return Buffer.concat([good.subarray(0, at), odd[rng.integer(odd.length)]!, good.subarray(at)]);
}

/** A good pickle, damaged one way or the other. */
function damagedPickle(rng: Rng, damage: Damage): Buffer {
  const good = pickle(object);
  const bad = damage.bytes(good, rng.fork('bytes'));
  return rng.uniform() < 0.3 && !bad.equals(good) ? hostile(good, rng) : bad;
}

async function writeTable(folder: string, rng: Rng, damage: Damage): Promise<string> {
  const kind = rng.integer(4);
  if (kind === 0) {
    const path = join(folder, 'model.safetensors');
    writeSafetensors(path, {
      a: float32Tensor([2, 3], new Float32Array(6)),
      b: float32Tensor([4], new Float32Array(4)),
    });
    const good = await readFile(path);
    const end = 8 + Number(good.readBigUInt64LE());
    // The header as JSON with a length that fits, or bytes anywhere.
    const header = JSON.stringify(damage.json(JSON.parse(good.toString('utf8', 8, end)), rng));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
    await writeFile(
      path,
      rng.uniform() < 0.5 ? Buffer.concat([length, Buffer.from(header), good.subarray(end)]) : damage.bytes(good, rng),
    );
    return path;
  }
  const path = join(folder, 'pytorch_model.bin');
  const archive = (inner: Buffer): Buffer =>
    zip({ 'x/data.pkl': inner, 'x/byteorder': Buffer.from('little'), 'x/data/0': six, 'x/data/1': seven });
  const bytes =
    kind === 1
      ? archive(damagedPickle(rng, damage))
      : kind === 2
        ? damage.bytes(archive(pickle(object)), rng)
        : damage.bytes(torchStream(object, { 0: six, 1: seven }, { 0: 6, 1: 1 }), rng);
  await writeFile(path, bytes);
  return path;
}

const tables: Target = {
  name: 'checkpoints (weights)',
  share: 10,
  async prepare(folder, rng, damage) {
    const path = await writeTable(folder, rng, damage);
    return async () => {
      const { tensors } = await openCheckpoint(path);
      for (const one of tensors.values()) await readTensor(one);
    };
  },
};

/** Small encoders of every family with random weights, as the tests compare them with their originals. */
const published = fileURLToPath(new URL('../../../test/fixtures/published', import.meta.url));
let names: readonly string[] | undefined;
const sound = new Float32Array(4000).map((_, i) => 0.1 * Math.sin(i / 9));

const encoders: Target = {
  name: 'published encoders',
  share: 8,
  async prepare(folder, rng, damage) {
    names ??= (await readdir(published, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() || entry.name.endsWith('.pt'))
      .map(({ name }) => name)
      .sort();
    const name = names[rng.integer(names.length)]!;
    const model = join(folder, name);
    await cp(join(published, name), model, { recursive: true });
    if (name.endsWith('.pt')) await writeFile(model, damage.bytes(await readFile(model), rng));
    else {
      const weights = (await readdir(model)).find((file) => /^(model\.safetensors|pytorch_model\.bin)$/.test(file))!;
      const part = ['config.json', 'config.json', 'preprocessor_config.json', weights][rng.integer(4)]!;
      const bytes = await readFile(join(model, part));
      const bad = part.endsWith('.json')
        ? JSON.stringify(damage.json(JSON.parse(bytes.toString()), rng))
        : damage.bytes(bytes, rng);
      await writeFile(join(model, part), bad);
    }
    return async () => {
      const extractor = await createExtractor(featuresConfig.parse({ kind: 'encoder', model, layer: 1 }), compute);
      try {
        await extractor.extract(sound);
      } finally {
        await extractor.dispose?.();
      }
    };
  },
};

export const checkpointTargets: readonly Target[] = [tables, encoders];
