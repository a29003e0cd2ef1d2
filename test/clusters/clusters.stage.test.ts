// The clusters stage after the segments stage on real small folders: units follow the made-up phones, only
// training utterances are learned from, and the loader gives back the stage's own units.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusterFiles, loadClusters, readClusters, type ClustersRecord } from '../../src/clusters/clusters.js';
import { clustersStage } from '../../src/clusters/stage.js';
import { readJsonl } from '../../src/core/jsonl.js';
import { writeNpy } from '../../src/core/npy.js';
import { unitsSchema } from '../../src/core/records.js';
import { ShardReader } from '../../src/core/shards.js';
import { segmentsStage } from '../../src/segments/stage.js';
import { compute, dim, finishedInputs, makeUtterances, run, type Inputs } from '../segments/finished-inputs.js';

describe('clusters stage', () => {
  let inputs: Inputs;
  let segments: string;
  let clusters: string;
  beforeAll(async () => {
    inputs = await finishedInputs(makeUtterances(50));
    segments = join(inputs.folder, 'segments');
    clusters = join(inputs.folder, 'clusters');
    await run(segmentsStage, { vad: inputs.vad, features: inputs.features, text: inputs.text }, segments, {
      rateRatio: 1,
      coefficients: dim,
      vectors: { edges: 0, duration: 0 },
    });
    await run(clustersStage, { segments, vad: inputs.vad }, clusters, { count: 12 });
  });

  it('gives one unit a segment, for all utterances, one unit for one level', async () => {
    let utterances = 0;
    const pooled = await ShardReader.open(join(segments, 'pooled'));
    const levelOfUnit = new Map<number, number[]>();
    for await (const { id, units } of readJsonl(join(clusters, 'units.jsonl'), unitsSchema)) {
      utterances++;
      const { data, rows, columns } = await pooled.read(id);
      expect(units).toHaveLength(rows);
      units.forEach((unit, s) => {
        expect(unit).toBeLessThan(12);
        const vector = [...data.subarray(s * columns, s * columns + dim)];
        const level = levelOfUnit.get(unit) ?? vector;
        levelOfUnit.set(unit, level);
        vector.forEach((value, c) => {
          expect(Math.abs(value - level[c]!)).toBeLessThan(1.5);
        });
      });
    }
    await pooled.close();
    expect(utterances).toBe(50);
    expect(levelOfUnit.size).toBe(12);
  });

  it('does not look at test utterances when fitting', async () => {
    const loud = await finishedInputs(
      makeUtterances(50).map((u) => (u.split === 'test' ? { ...u, data: u.data.map((x) => 100 * x) } : u)),
    );
    const out = join(loud.folder, 'clusters');
    const loudSegments = join(loud.folder, 'segments');
    await run(segmentsStage, { vad: loud.vad, features: loud.features, text: loud.text }, loudSegments, {
      rateRatio: 1,
      coefficients: dim,
      vectors: { edges: 0, duration: 0 },
    });
    await run(clustersStage, { segments: loudSegments, vad: loud.vad }, out, { count: 12 });
    expect(await readFile(join(out, 'centroids.npy'))).toEqual(await readFile(join(clusters, 'centroids.npy')));
  });

  it('is fitted on some utterances by chance where there are more segments than it may look at', async () => {
    const recordOf = (out: string): Promise<ClustersRecord> => readClusters(out, 'count', 'columns', 'inertia', 'rows');
    const all = await recordOf(clusters);
    const [same, some] = [join(inputs.folder, 'clusters-same'), join(inputs.folder, 'clusters-some')];
    await run(clustersStage, { segments, vad: inputs.vad }, same, { count: 12, fitSegments: all.rows });
    expect(await readFile(join(same, 'centroids.npy'))).toEqual(await readFile(join(clusters, 'centroids.npy')));
    await run(clustersStage, { segments, vad: inputs.vad }, some, { count: 12, fitSegments: 100 });
    const { rows } = await recordOf(some);
    expect(rows).toBeGreaterThanOrEqual(100);
    expect(rows).toBeLessThan(all.rows / 2);
    const named = async (out: string): Promise<string[]> => {
      const ids: string[] = [];
      for await (const { id } of readJsonl(join(out, 'units.jsonl'), unitsSchema)) ids.push(id);
      return ids;
    };
    expect(await named(some)).toEqual(await named(clusters));
  });

  it('is loaded from copies of its files with the same result', async () => {
    const copy = join(inputs.folder, 'bundle');
    await mkdir(copy);
    for (const file of clusterFiles) await cp(join(clusters, file), join(copy, file));
    const loaded = await loadClusters(copy, compute);
    expect(loaded.count).toBe(12);
    const pooled = await ShardReader.open(join(segments, 'pooled'));
    for await (const { id, units } of readJsonl(join(clusters, 'units.jsonl'), unitsSchema)) {
      const { data, rows } = await pooled.read(id);
      expect([...(await loaded.assign(data, rows))]).toEqual(units);
    }
    await pooled.close();
    expect([...(await loaded.assign(new Float32Array(0), 0))]).toEqual([]);
    await expect(loaded.assign(new Float32Array(5), 1)).rejects.toThrow(/expected 1 vectors of 19 values, found 5/);
    await loaded.dispose();
  });

  it('says so when files do not belong together or segments are too few', async () => {
    const broken = join(inputs.folder, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'clusters.json'), JSON.stringify({ count: 3, columns: 2, inertia: 1, rows: 9 }));
    await writeNpy(join(broken, 'centroids.npy'), new Float32Array(8), [4, 2]);
    await expect(loadClusters(broken, compute)).rejects.toThrow(/expected shape \[3, 2\], found \[4, 2\]/);
    await expect(
      run(clustersStage, { segments, vad: inputs.vad }, join(inputs.folder, 'many'), { count: 5000 }),
    ).rejects.toThrow(/5000 clusters of \d+ rows/);
  });
});
