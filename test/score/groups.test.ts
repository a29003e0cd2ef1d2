// Errors by group: intervals that hold what they promise where nothing differs, differences that are found where there
// are, silence among few speakers; metadata of tables as they are published; levels of known sound.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { errorsByGroup, groupLines, groupReportSchema, type GroupedErrors } from '../../src/score/groups.js';
import { Metadata } from '../../src/score/metadata.js';
import { levelOf } from '../../src/score/sound-groups.js';
import { sine } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Voices differ by a tenth; each says ten utterances of 50 phones. @param rates mean error rate of each group */
function people(rates: Readonly<Record<string, number>>, speakers: number, seed: number): GroupedErrors[] {
  const rng = Rng.fromSeed(seed);
  return Object.entries(rates).flatMap(([sex, mean]) =>
    Array.from({ length: speakers }, (_, i) => {
      const rate = Math.min(1, Math.max(0, mean + 0.1 * rng.normal()));
      return Array.from({ length: 10 }, (): GroupedErrors => {
        const errors = Array.from({ length: 50 }, () => rng.uniform() < rate).filter(Boolean).length;
        return {
          speaker: `${sex}${i}`,
          groups: { sex },
          counts: { errors, length: 50, substitutions: errors, insertions: 0, deletions: 0 },
        };
      });
    }).flat(),
  );
}

const called = (items: readonly GroupedErrors[], seed: number): boolean =>
  errorsByGroup(items, Rng.fromSeed(seed), String(seed)).attributes['sex']!.some(({ difference }) => difference.called);

describe('errors by group', () => {
  it('call a difference between equal groups about as seldom as they promise (30 corpora, seeds 0 to 29)', () => {
    const wrong = Array.from({ length: 30 }, (_, seed) => called(people({ f: 0.3, m: 0.3 }, 15, seed), seed));
    expect(wrong.filter(Boolean).length).toBeLessThanOrEqual(5); // 1.5 are expected
  });

  it('find one of fifteen points among fifteen speakers a side (seeds 0 to 9)', () => {
    const found = Array.from({ length: 10 }, (_, seed) => called(people({ f: 0.25, m: 0.4 }, 15, seed), seed));
    expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(8);
  });

  it('call nothing among few speakers, however large the difference and however much they say', () => {
    const report = errorsByGroup(people({ f: 0.05, m: 0.9 }, 4, 1), Rng.fromSeed(1), '1');
    const [f, m] = report.attributes['sex']!;
    expect([f!.interval, f!.difference.interval, f!.difference.called]).toEqual([null, null, false]);
    expect(m!.per - f!.per).toBeGreaterThan(0.6);
    expect(groupLines(report).join('\n')).toContain('too few speakers to tell');
  });

  it('are the same for the same seed, survive JSON, and say seed and draws', () => {
    const items = people({ f: 0.2, m: 0.5 }, 8, 3);
    const report = errorsByGroup(items, Rng.fromSeed(9), '9');
    expect(groupReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(errorsByGroup(items, Rng.fromSeed(9), '9')).toEqual(report);
    expect(report.comparisons).toBe(1);
    expect(groupLines(report)[0]).toContain('2000 draws of speakers, seed 9');
    const [f] = report.attributes['sex']!;
    expect(f!.speakers).toBe(8);
    expect(f!.interval![0]).toBeLessThan(f!.per);
    expect(f!.interval![1]).toBeGreaterThan(f!.per);
  });

  it('leave out attributes of one group, and hold with no phones at all', () => {
    const none = { errors: 0, length: 0, substitutions: 0, insertions: 0, deletions: 0 };
    const items = ['a', 'b'].map((speaker) => ({ speaker, groups: { device: 'phone', sex: speaker }, counts: none }));
    const report = errorsByGroup(items, Rng.fromSeed(1), '1');
    expect(Object.keys(report.attributes)).toEqual(['sex']);
    expect(groupReportSchema.safeParse(JSON.parse(JSON.stringify(report))).success).toBe(true);
  });
});

describe('metadata of people', () => {
  it('is read from tables by id or by speaker, ages by decades', async () => {
    const folder = await temporaryFolder();
    const [byId, bySpeaker, bad] = ['a.csv', 'b.tsv', 'c.tsv'].map((name) => join(folder, name));
    await writeFile(byId!, 'client_id,path,gender,age,accents\nx,clip 1.mp3,female,37,"north, coast"\ny,2.mp3,,,\n');
    const clips = await Metadata.read(byId!);
    expect(clips.of('clip_1', 'x')).toEqual({ sex: 'female', age: '30 to 39', dialect: 'north, coast' });
    expect([clips.of('2', 'y'), clips.of('none', 'z'), clips.speakerOf('2')]).toEqual([{}, {}, 'y']);
    await writeFile(bySpeaker!, 'speaker\tsex\tage\nben\tm\ttwenties\n');
    expect((await Metadata.read(bySpeaker!)).of('anything', 'ben')).toEqual({ sex: 'm', age: 'twenties' });
    await writeFile(bad!, 'id\ttext\n1\thola\n');
    await expect(Metadata.read(bad!)).rejects.toThrow('a header without sex, age, dialect or device');
  });

  it('is that of the manifest where its layout has such columns, and never its text', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'm.tsv'), 'id\tspeaker\tdialect\ttext\n1\tana\tcoast\tsecreto\n');
    const config = { layout: 'tsv', dir: 'audio', table: 'm.tsv' };
    expect((await Metadata.ofCorpus(config, folder))?.of('1', 'ana')).toEqual({ dialect: 'coast' });
    expect(await Metadata.ofCorpus({ ...config, layout: 'folder' }, folder)).toBeUndefined();
  });
});

describe('levels', () => {
  it('are those of a tone in noise', () => {
    const tone = sine(440, 16_000, 1);
    const rng = Rng.fromSeed(1);
    const samples = Float32Array.from({ length: 32_000 }, (_, i) => (i < 16_000 ? tone[i]! : 0) + 0.05 * rng.normal());
    const power = 10 * Math.log10(tone.reduce((sum, x) => sum + x * x, 0) / tone.length);
    const { loudness, signalToNoise } = levelOf(samples, [[0, 16_000]]);
    expect(loudness).toBeCloseTo(10 * Math.log10(10 ** (power / 10) + 0.0025), 1);
    expect(signalToNoise).toBeCloseTo(power - 10 * Math.log10(0.0025), 0);
    expect(levelOf(samples, [[0, 32_000]]).signalToNoise).toBeUndefined();
  });
});
