// Files of models: ONNX encoders with their settings, folders that `asr transcribe` loads, language models, arrays.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { sealModel } from '../../src/bundle/model-folder.js';
import type { ModelRecord } from '../../src/bundle/model-record.js';
import { encodeNpyHeader, encodeValues, readNpy, type NpyType } from '../../src/core/npy.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { computeSchema } from '../../src/core/stage.js';
import { ShardReader } from '../../src/core/shards.js';
import type { Rng } from '../../src/core/rng.js';
import { featuresConfig } from '../../src/features/config.js';
import { createEncoder } from '../../src/features/encoder.js';
import { NpyRows } from '../../src/features/npy-rows.js';
import { toArpa } from '../../src/lm/arpa.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { encodeLm, readLm } from '../../src/lm/lm-file.js';
import { loadModel } from '../../src/transcribe/model.js';
import { transcribe } from '../../src/transcribe/transcribe.js';
import { encoderConfig, families } from '../encoder-families.js';
import { encoderOnnx } from '../encoder-graph.js';
import type { Damage } from './mutate.js';
import { drain, type Target } from './target.js';

const compute = computeSchema.parse({ threads: 1 });
const architecture = families['wav2vec2-base']!;
let encoderBytes: Buffer | undefined;
const goodEncoder = (): Buffer => (encoderBytes ??= Buffer.from(encoderOnnx(architecture)));
const goodConfig = encoderConfig(architecture);
const preprocessor = { do_normalize: true, sampling_rate: 16_000 };

const encoders: Target = {
  name: 'encoders (ONNX)',
  share: 16,
  async prepare(folder, rng, damage) {
    const onnx = rng.uniform() < 0.75;
    await writeFile(join(folder, 'model.onnx'), onnx ? damage.bytes(goodEncoder(), rng) : goodEncoder());
    const config = onnx ? goodConfig : damage.json(goodConfig, rng);
    const text = JSON.stringify(config, null, 1);
    await writeFile(join(folder, 'config.json'), !onnx && rng.uniform() < 0.3 ? damage.text(text, rng) : text);
    await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(preprocessor));
    return async () => {
      const encoder = await createEncoder(
        featuresConfig.parse({ kind: 'onnx', model: folder, layer: 2 }),
        compute,
        '.',
      );
      try {
        await encoder.extract(new Float32Array(8000).map((_, i) => Math.sin(i / 9)));
      } finally {
        await encoder.dispose();
      }
    };
  },
};

/** @param models folders of good models, which a copy is made of */
const folders = (models: readonly string[], sound: Float32Array): Target => ({
  name: 'model folders',
  share: 14,
  async prepare(folder, rng, damage) {
    const model = join(folder, 'model');
    await cp(models[rng.integer(models.length)]!, model, { recursive: true });
    const path = join(model, 'model.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as ModelRecord;
    const names = Object.keys(record.files);
    const name = rng.uniform() < 0.3 ? 'model.json' : names[rng.integer(names.length)]!;
    const bytes = await readFile(join(model, name));
    if (name === 'model.json') {
      const changed = damage.json(record, rng) as ModelRecord;
      // Sealed again, where that can be: a stranger seals, too.
      await sealModel(model, changed, names).catch(() => writeFile(path, JSON.stringify(changed)));
    } else {
      const json = name.endsWith('.json') && rng.uniform() < 0.8;
      const bad = json ? JSON.stringify(damage.json(JSON.parse(bytes.toString()), rng)) : damage.bytes(bytes, rng);
      await writeFile(join(model, name), bad);
      await sealModel(model, record, names);
    }
    return async () => {
      const loaded = await loadModel(model, { threads: 1 });
      try {
        await transcribe(loaded, sound);
      } finally {
        await loaded.dispose();
      }
    };
  },
});

const sentences = Array.from({ length: 200 }, (_, i) =>
  Array.from({ length: 1 + (i % 7) }, (__, j) => 'abcdef'[(i * 7 + j * i) % 6]!),
);
const lm = estimateNgram(sentences, { order: 3 });
const binary = encodeLm(lm);
const bodyAt = 16 + binary.readUInt32LE(8);

/** Damage behind the header, with a checksum that fits. */
function sealedLm(rng: Rng, damage: Damage): Buffer {
  const bytes = Buffer.from(binary);
  damage.bytes(binary.subarray(bodyAt), rng).copy(bytes, bodyAt);
  const header = JSON.parse(bytes.toString('utf8', 16, bodyAt)) as object;
  const text = JSON.stringify({ ...header, checksum: crc32(bytes.subarray(bodyAt)) });
  bytes.fill(' ', 16, bodyAt);
  bytes.write(text.slice(0, bodyAt - 16), 16);
  return bytes;
}

const languageModels: Target = {
  name: 'language models',
  share: 12,
  async prepare(folder, rng, damage) {
    const kind = rng.integer(3);
    const path = join(folder, kind === 0 ? 'lm.arpa' : 'lm.bin');
    await writeFile(
      path,
      kind === 0 ? damage.text(toArpa(lm), rng) : kind === 1 ? damage.bytes(binary, rng) : sealedLm(rng, damage),
    );
    return async () => {
      const model = await readLm(path);
      for (const sentence of sentences.slice(0, 20)) model.scoreSentence(sentence);
    };
  },
};

const arrays: Target = {
  name: 'arrays (npy)',
  share: 6,
  async prepare(folder, rng, damage) {
    const rows = rng.uniform() < 0.5; // of which floats alone can be
    const type: NpyType = (['float32', 'float16', 'int32', 'int16'] as const)[rng.integer(rows ? 2 : 4)]!;
    const good = Buffer.concat([encodeNpyHeader(type, [20, 3]), encodeValues(type, new Float32Array(60).fill(0.5))]);
    const path = join(folder, 'x.npy');
    await writeFile(path, damage.bytes(good, rng));
    if (!rows) return async () => void (await readNpy(path));
    return async () => {
      const file = await NpyRows.open(path);
      try {
        await file.read(0, file.rows);
      } finally {
        await file.close();
      }
    };
  },
};

const shards: Target = {
  name: 'shards',
  share: 4,
  async prepare(folder, rng, damage) {
    const writer = await ShardWriter.create(folder, { columns: 3 });
    for (let i = 0; i < 5; i++) await writer.append(`u${i}`, new Float32Array(3 * (i + 1)).fill(i));
    await writer.close();
    const name = rng.uniform() < 0.7 ? 'index.jsonl' : '00000.npy';
    const bytes = await readFile(join(folder, name));
    await writeFile(
      join(folder, name),
      name === 'index.jsonl' ? damage.text(bytes.toString(), rng) : damage.bytes(bytes, rng),
    );
    return async () => {
      const reader = await ShardReader.open(folder);
      try {
        await drain(reader.items());
      } finally {
        await reader.close();
      }
    };
  },
};

export async function modelTargets(
  make: (folder: string) => Promise<readonly string[]>,
  scratch: string,
  sound: Float32Array,
): Promise<readonly Target[]> {
  await mkdir(scratch, { recursive: true });
  return [encoders, folders(await make(scratch), sound), languageModels, arrays, shards];
}
