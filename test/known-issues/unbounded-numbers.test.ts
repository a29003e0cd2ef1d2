// Numbers of a model folder had no upper bound: a window of 1e9 samples, 1e9 hypotheses or a kernel of 1e9 taps took
// all memory, or never ended. Every number in every file of a model, an encoder, a suite and a lhotse manifest is
// looked at here, however deep it stands.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordingSchema, supervisionSchema } from '../../src/audio/layouts/lhotse.js';
import { modelSchema } from '../../src/bundle/model-record.js';
import { textModelSchema } from '../../src/classify/text-model.js';
import { networkConfigSchema } from '../../src/classify/text-network.js';
import { clustersSchema } from '../../src/clusters/clusters.js';
import { decodeConfig } from '../../src/decode/config.js';
import { wav2vec2BertSchema } from '../../src/encoders/wav2vec2-bert.js';
import { waveformSchema } from '../../src/encoders/waveform.js';
import { whisperSchema } from '../../src/encoders/whisper.js';
import { writtenSchema } from '../../src/encoders/written.js';
import { encoderSchemas } from '../../src/features/encoder-files.js';
import { emissionSchema } from '../../src/learn/emission.js';
import { entrySchema, suiteSchema } from '../../src/regress/suite.js';
import { readSegmenterModel, segmenterSchemas } from '../../src/segments/model.js';
import { createSegmenter } from '../../src/segments/segmenter.js';
import { temporaryFolder } from '../temporary-folder.js';

type Json = Readonly<Record<string, unknown>>;

/** Paths of numbers, and of lists of numbers, without an end. Counts that are only told (seconds, sentences) go far. */
function unbounded(schema: unknown, path = ''): string[] {
  if (Array.isArray(schema)) return schema.flatMap((part, i) => unbounded(part, `${path}[${i}]`));
  if (typeof schema !== 'object' || schema === null) return [];
  const node = schema as Json;
  const types = [node['type']].flat();
  const own: string[] = [];
  if (types.includes('number') || types.includes('integer')) {
    const known = node['const'] !== undefined || node['enum'] !== undefined;
    const low = node['minimum'] ?? node['exclusiveMinimum'];
    const high = node['maximum'] ?? node['exclusiveMaximum'];
    const told =
      path.startsWith('.provenance') ||
      path.startsWith('.measured') ||
      /\.(inertia|rows|seeds\.items|fitFrames)$/.test(path);
    const most = told ? Number.MAX_SAFE_INTEGER : 1e12;
    const ends = typeof low === 'number' && low >= -most && typeof high === 'number' && high <= most;
    // Whole numbers set sizes: a million of anything is the most.
    const size = types.includes('integer') && !told && !(typeof high === 'number' && high <= 1 << 20);
    if (!known && (!ends || size)) own.push(path);
  }
  if (types.includes('array') && node['maxItems'] === undefined && node['prefixItems'] === undefined) own.push(path);
  return [
    ...own,
    ...Object.entries(node).flatMap(([key, value]) =>
      unbounded(value, ['properties', 'anyOf', 'oneOf', 'allOf', '$defs'].includes(key) ? path : `${path}.${key}`),
    ),
  ];
}

const schemas: Record<string, z.ZodType> = {
  'model.json': modelSchema,
  'segmenter.json, dp': segmenterSchemas[0],
  'segmenter.json, runs': segmenterSchemas[1],
  'a model of asr classify': textModelSchema,
  'config.json of a text classifier': networkConfigSchema,
  'clusters.json': clustersSchema,
  'emission.json': emissionSchema,
  'decoder.json': decodeConfig,
  'config.json of an encoder': encoderSchemas[0],
  'preprocessor_config.json of an encoder': encoderSchemas[1],
  'config.json of wav2vec 2.0 and its kin': waveformSchema,
  'config.json of w2v-BERT 2.0': wav2vec2BertSchema,
  'config.json of Whisper': whisperSchema,
  'encoder.json': writtenSchema,
  'a suite': suiteSchema,
  'an entry of a suite': entrySchema,
  'a recording of lhotse': recordingSchema,
  'a supervision of lhotse': supervisionSchema,
};

describe('numbers of a file that somebody else wrote have ends', () => {
  it.each(Object.keys(schemas))('%s', (name) => {
    expect(unbounded(z.toJSONSchema(schemas[name]!, { io: 'input' }))).toEqual([]);
  });

  it('and the walk finds those that have none', () => {
    const schema = z.object({
      a: z.number(),
      b: z.object({ c: z.array(z.number().min(0)).max(2), d: z.union([z.string(), z.number().int()]) }),
      e: z.array(z.string()),
      ok: z.number().min(0).max(1).nullable().optional(),
    });
    expect(unbounded(z.toJSONSchema(schema)).length).toBe(4);
  });
});

describe('numbers that contradict each other', () => {
  const segmenter = {
    method: 'dp',
    dim: 4,
    minFrames: 2,
    maxFrames: 30,
    penalty: 1,
    weights: [1, 1],
    vectors: { columns: 4, duration: 0, edges: 0 },
  };
  it.each([
    ['minFrames above maxFrames', { minFrames: 31 }],
    ['more weights than values', { weights: [1, 1, 1, 1, 1] }],
    ['more columns than values', { vectors: { columns: 5, duration: 0, edges: 0 } }],
    ['a segment of a million frames', { maxFrames: 1_000_000 }],
  ])('are refused: %s', async (_, change) => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'segmenter.json'), JSON.stringify(segmenter));
    expect(await readSegmenterModel(folder)).toMatchObject({ dim: 4 });
    writeFileSync(join(folder, 'segmenter.json'), JSON.stringify({ ...segmenter, ...change }));
    await expect(readSegmenterModel(folder)).rejects.toMatchObject({ code: 'input' });
  });

  it('are refused where an utterance is too long for them', async () => {
    const model = { ...segmenter, method: 'dp' as const, dim: 1, maxFrames: 1000, weights: [1] };
    const rows = 140_000;
    const cut = createSegmenter(
      { ...model, vectors: { columns: 1, duration: 0, edges: 0 } },
      { engine: 'cpu', threads: 1 },
    );
    await expect(cut.segment(new Float32Array(rows), rows)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('140000 frames in one utterance'),
    });
  });
});
