// Cluster ids of frames as fairseq leaves them, in the clusters stage: segments get the id of most of their frames.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadClusters } from '../../src/clusters/clusters.js';
import { readGivenIds, segmentUnits } from '../../src/clusters/given-ids.js';
import { clustersStage } from '../../src/clusters/stage.js';
import { readJsonl } from '../../src/core/jsonl.js';
import { boundariesSchema, unitsSchema } from '../../src/core/records.js';
import { segmentsStage } from '../../src/segments/stage.js';
import { compute, dim, finishedInputs, makeUtterances, run, type MadeUtterance } from '../segments/finished-inputs.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('segmentUnits', () => {
  it('takes the id of most frames, the first of equal ones, and forgives two frames at the end', () => {
    expect([...(segmentUnits(Int32Array.of(3, 3, 1, 2, 2, 1, 5), [3, 5, 8]) as Int32Array)]).toEqual([3, 2, 1]);
    expect([...(segmentUnits(Int32Array.of(4, 4), [2, 4]) as Int32Array)]).toEqual([4, 4]);
    expect(segmentUnits(Int32Array.of(1, 2, 3), [3, 9])).toMatch(/3 cluster ids, but 9 frames/);
  });
});

/** CLUS5/NAME.src, with the .tsv one folder up: ids change every seven frames. */
async function fairseqIds(folder: string, utterances: readonly MadeUtterance[]): Promise<string> {
  const clusters = join(folder, 'CLUS5');
  await mkdir(clusters);
  for (const split of ['train', 'test']) {
    const own = utterances.filter((utterance) => utterance.split === split);
    await writeFile(
      join(folder, `${split}.tsv`),
      `/sound\n${own.map(({ id, rows }) => `deep/${id}.flac\t${rows * 160}`).join('\n')}\n`,
    );
    await writeFile(
      join(clusters, `${split}.src`),
      own.map(({ rows }) => `${Array.from({ length: rows }, (_, t) => Math.floor(t / 7) % 5).join(' ')}\n`).join(''),
    );
  }
  return clusters;
}

describe('the clusters stage with cluster ids of others', () => {
  it('names segments by them and fits centroids to the train part', async () => {
    const inputs = await finishedInputs(makeUtterances(10));
    const segments = join(inputs.folder, 'segments');
    const out = join(inputs.folder, 'clusters');
    await run(segmentsStage, { vad: inputs.vad, features: inputs.features, text: inputs.text }, segments, {
      rateRatio: 1,
      coefficients: dim,
      vectors: { edges: 0, duration: 0 },
    });
    await run(clustersStage, { segments, vad: inputs.vad }, out, {
      folder: await fairseqIds(inputs.folder, inputs.utterances),
    });
    const ends = new Map<string, readonly number[]>();
    for await (const boundaries of readJsonl(join(segments, 'boundaries.jsonl'), boundariesSchema))
      ends.set(boundaries.id, boundaries.ends);
    let utterances = 0;
    for await (const { id, units } of readJsonl(join(out, 'units.jsonl'), unitsSchema)) {
      utterances++;
      const own = ends.get(id)!;
      expect(units).toHaveLength(own.length);
      // A segment of one frame, or all of whose frames lie in one stretch of seven, can have no other id.
      units.forEach((unit, s) => {
        const [start, end] = [own[s - 1] ?? 0, own[s]!];
        if (Math.floor(start / 7) === Math.floor((end - 1) / 7)) expect(unit).toBe(Math.floor(start / 7) % 5);
      });
    }
    expect(utterances).toBe(10);
    const clusters = await loadClusters(out, compute);
    expect(clusters.count).toBe(5);
    await clusters.dispose();
    expect(JSON.parse(await readFile(join(out, 'stage.json'), 'utf8'))).toMatchObject({
      counts: { units: 5, utterances: 10 },
    });
  });
});

describe('readGivenIds', () => {
  it('says what is missing or does not fit', async () => {
    const folder = await temporaryFolder();
    await expect(readGivenIds(join(folder, 'none'))).rejects.toThrow(/no such folder/);
    await expect(readGivenIds(folder)).rejects.toThrow(/neither NAME.src nor NAME.km/);
    await writeFile(join(folder, 'train.km'), '1 2 2\n7\n');
    await expect(readGivenIds(folder)).rejects.toThrow(/no .tsv/);
    await writeFile(join(folder, 'train.tsv'), '/\na.wav\t480\n');
    await expect(readGivenIds(folder)).rejects.toThrow(/2 or more lines.*names 1 files/);
    await writeFile(join(folder, 'train.tsv'), '/\na.wav\t480\nx/b.wav\t160\n');
    const ids = await readGivenIds(folder);
    expect(ids.count).toBe(8);
    expect([...ids.of('x_b')!]).toEqual([7]);
    expect(ids.of('c')).toBeUndefined();
    await writeFile(join(folder, 'train.km'), '1 two 2\n7\n');
    await expect(readGivenIds(folder)).rejects.toThrow(/line 1: expected whole numbers/);
  });
});
