// An encoder's ONNX file could name weights anywhere (`../../.bashrc`, /home/…): they were read from there and, in a
// bundle, written there. A model folder could name its encoder by an absolute path, or seal no file at all.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelRecord, sealModel } from '../../src/bundle/model-folder.js';
import { externalLocations } from '../../packages/engine/src/onnx-fields.js';
import { bundleEncoder } from '../../src/features/bundle-encoder.js';
import { featuresConfig } from '../../src/features/config.js';
import { prepareEncoder } from '../../src/features/encoder.js';
import { writeEncoder } from '../features/encoder-folder.js';
import { writeWithExternalData } from '../features/external-data.js';
import { temporaryFolder } from '../temporary-folder.js';
import { makeSmallModel } from '../transcribe/small-model.js';

const field = (number: number, ...content: (Uint8Array | string)[]): Buffer => {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  const length: number[] = [];
  for (let rest = body.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  const tag = (number << 3) | 2;
  return Buffer.concat([Buffer.from(tag > 127 ? [(tag & 127) | 128, tag >> 7] : [tag]), Buffer.from(length), body]);
};
const entry = (location: string): Buffer => field(13, field(1, 'location'), field(2, location));
/** Each way in which a model leads to a tensor; a second graph is joined to the first by every reader of protobuf. */
const places: Record<string, (location: string) => Buffer> = {
  initializer: (to) => field(7, field(5, entry(to))),
  'attribute of a node': (to) => field(7, field(1, field(5, field(5, entry(to))))),
  'list of tensors': (to) => field(7, field(1, field(5, field(10, entry(to))))),
  'graph inside a node': (to) => field(7, field(1, field(5, field(6, field(5, entry(to)))))),
  'sparse initializer': (to) => field(7, field(15, field(1, entry(to)))),
  'sparse attribute': (to) => field(7, field(1, field(5, field(22, field(2, entry(to)))))),
  function: (to) => field(25, field(7, field(5, field(5, entry(to))))),
  'graph of a training': (to) => field(20, field(1, field(5, entry(to)))),
  'second of two locations': (to) =>
    field(7, field(5, field(13, field(1, 'location'), field(2, 'near'), field(2, to)))),
};

async function encoder(): Promise<string> {
  return writeEncoder(join(await temporaryFolder(), 'a', 'b'), 'wav2vec2-base');
}
const config = (model: string) => featuresConfig.parse({ kind: 'onnx', model });

describe('weights beside an encoder', () => {
  it.each(Object.keys(places))('are found in: %s', async (place) => {
    const folder = await encoder();
    const onnx = join(folder, 'model.onnx');
    writeFileSync(onnx, Buffer.concat([readFileSync(onnx), (places[place] as (to: string) => Buffer)('../../secret')]));
    expect(externalLocations(readFileSync(onnx))).toContain('../../secret');
    await expect(prepareEncoder(config(folder), '.')).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('model.onnx: names the file "../../secret", which leads out of'),
    });
  });

  it('are refused where they are an absolute path, or a link out; nothing is written', async () => {
    const folder = await encoder();
    const onnx = join(folder, 'model.onnx');
    writeWithExternalData(folder, readFileSync(onnx));
    const out = join(folder, '..', 'bundle');
    const good = readFileSync(onnx);
    const absolute = join(folder, '..', 'weights'); // as long as it need be: lengths in the file change
    writeFileSync(onnx, Buffer.concat([good, places['initializer']!(absolute)]));
    await expect(bundleEncoder(config(folder), '.', out)).rejects.toMatchObject({ code: 'model' });
    writeFileSync(onnx, Buffer.concat([good, places['initializer']!('linked')]));
    symlinkSync('../../elsewhere', join(folder, 'linked'));
    await expect(bundleEncoder(config(folder), '.', out)).rejects.toMatchObject({ code: 'model' });
    expect(existsSync(out)).toBe(false);
    writeFileSync(onnx, good);
    expect((await bundleEncoder(config(folder), '.', out)).files).toContain('encoder/model.onnx_data');
  });
});

describe('a model folder', () => {
  const sealAgain = async (
    change: (record: Awaited<ReturnType<typeof makeSmallModel>>) => object,
    files?: string[],
  ) => {
    const folder = await temporaryFolder();
    const record = await makeSmallModel(folder);
    mkdirSync(join(folder, 'extra'));
    await sealModel(folder, { ...record, ...change(record) }, files ?? Object.keys(record.files));
    return folder;
  };

  it('names its encoder inside itself', async () => {
    const elsewhere = await encoder();
    for (const kind of ['onnx', 'encoder', 'supervised-stand-in'] as const)
      for (const model of [elsewhere, '../b', 'extra/../../b']) {
        const folder = await sealAgain(() => ({ features: featuresConfig.parse({ kind, model }) }));
        await expect(readModelRecord(folder)).rejects.toMatchObject({
          code: 'model',
          message: expect.stringContaining('model.json: names the file'),
        });
      }
    // The name of a published encoder would be looked for in the hub's cache.
    const folder = await sealAgain(() => ({ features: featuresConfig.parse({ kind: 'encoder', model: 'some/one' }) }));
    await expect(readModelRecord(folder)).rejects.toMatchObject({
      message: expect.stringContaining('names the file "some/one", which is not there'),
    });
  });

  it('names its files inside itself', async () => {
    const folder = await temporaryFolder();
    const record = await makeSmallModel(join(folder, 'model'));
    writeFileSync(join(folder, 'outside'), '');
    await sealModel(join(folder, 'model'), record, [...Object.keys(record.files), '../outside']);
    await expect(readModelRecord(join(folder, 'model'))).rejects.toMatchObject({ code: 'model' });
  });

  it('seals every part that is used', async () => {
    await expect(readModelRecord(await sealAgain(() => ({}), []))).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('its list of files does not have segments/segmenter.json'),
    });
    const folder = await sealAgain(() => ({}));
    writeFileSync(join(folder, 'emission', '.DS_Store'), '');
    await readModelRecord(folder);
    writeFileSync(join(folder, 'emission', 'more.npy'), '');
    await expect(readModelRecord(folder)).rejects.toMatchObject({
      message: expect.stringContaining('emission/more.npy'),
    });
  });
});
