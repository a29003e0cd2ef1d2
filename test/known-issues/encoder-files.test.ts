// Files of an encoder as people have them: what git leaves where Git LFS was not run was "not an ONNX file", NaN and a
// byte order mark in config.json were "not valid JSON", and a damaged file was "a bug".
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AsrError } from '../../src/core/errors.js';
import { Rng } from '../../src/core/rng.js';
import { featuresConfig } from '../../src/features/config.js';
import { prepareEncoder } from '../../src/features/encoder.js';
import { writeEncoder } from '../features/encoder-folder.js';
import { writeWithExternalData } from '../features/external-data.js';
import { temporaryFolder } from '../temporary-folder.js';

const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4f2ab0\nsize 377649201\n';
const prepare = (model: string) => prepareEncoder(featuresConfig.parse({ kind: 'onnx', model }), '.');
const encoder = async () => writeEncoder(await temporaryFolder(), 'wav2vec2-base');

describe('an encoder', () => {
  it.each(['model.onnx', 'config.json', 'preprocessor_config.json', 'model.onnx_data'])(
    'whose %s was not fetched by Git LFS',
    async (name) => {
      const folder = await encoder();
      if (name.endsWith('_data')) writeWithExternalData(folder, readFileSync(join(folder, 'model.onnx')));
      writeFileSync(join(folder, name), pointer);
      await expect(prepare(folder)).rejects.toMatchObject({
        code: 'model',
        message: `${join(folder, name)}: this is a Git LFS pointer, not the file of 377649201 bytes: git lfs pull`,
        hint: expect.stringContaining('git lfs pull'),
      });
    },
  );

  it('whose config.json was written by Python', async () => {
    const folder = await encoder();
    const path = join(folder, 'config.json');
    const plain = (await prepare(folder)).files;
    writeFileSync(
      path,
      `\uFEFF${readFileSync(path, 'utf8').replace('{', '{"mask_time_prob": NaN, "bound": -Infinity,')}`,
    );
    expect((await prepare(folder)).files).toEqual(plain);
  });

  it('with damaged bytes is refused as a file, never as a bug', async () => {
    const folder = await encoder();
    const path = join(folder, 'model.onnx');
    const good = readFileSync(path);
    const rng = Rng.fromSeed(5);
    let refused = 0;
    for (let i = 0; i < 150; i++) {
      const bad = Buffer.from(good.subarray(0, i % 3 === 0 ? rng.integer(good.length) : good.length));
      for (let n = 0; n < 1 + (i % 5) && bad.length > 0; n++)
        bad[rng.integer(Math.min(bad.length, 4000))] = rng.integer(256);
      writeFileSync(path, bad);
      const error: unknown = await prepare(folder).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) continue;
      refused++;
      expect(error).toBeInstanceOf(AsrError);
      expect(error).toMatchObject({ code: 'model' });
    }
    expect(refused).toBeGreaterThan(50);
  });
});
