// A person is taken out of a finished run: no bytes of their sound or frames stay in its folder, and no later run
// brings them back, though the sound still lies in the corpus. What is searched for was in the run before.
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecordings, SampleReader } from '../../src/audio/samples.js';
import { silentLog } from '../../src/core/log.js';
import { ShardReader } from '../../src/core/shards.js';
import { findDependents, forget } from '../../src/recipe/forget.js';
import { makePlan, planStates } from '../../src/recipe/plan.js';
import { runPlan } from '../../src/recipe/run.js';
import { spokenSentences } from '../audio/corpora.js';
import { wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

const recipeText = `name: villages
audio: { dir: audio, testShare: 0, ids: path }
text: { file: text.txt, pronunciation: letters, minWordCount: 1 }
clusters: { count: 12, restarts: 1 }
learn: { refine: none, matching: { steps: 20, restarts: 2 } }
executor: { jobs: 1 }
compute: { threads: 1 }
`;

/** A recipe whose corpus lies outside of the run. */
async function corpus(): Promise<{ recipe: string; data: string; run: string }> {
  const data = await temporaryFolder();
  for (const { speaker, number, text, samples } of spokenSentences(['ana', 'ben', 'eva'], 6)) {
    await mkdir(join(data, 'audio', speaker), { recursive: true });
    await writeFile(join(data, 'audio', speaker, `${number}.wav`), wavBytes([samples], 16_000, 's16'));
    await writeFile(join(data, 'text.txt'), `${text}\n`, { flag: 'a' });
  }
  const recipe = join(data, 'villages.yaml');
  await writeFile(recipe, recipeText);
  return { recipe, data, run: join(data, 'runs', 'villages') };
}

async function runTo(place: { recipe: string; data: string; run: string }, to?: string): Promise<void> {
  await runPlan(await makePlan({ ...place, to }), silentLog);
}

const speakersOf = async (run: string): Promise<string[]> => {
  const found = new Set<string>();
  for await (const { speaker } of readRecordings(join(run, 'audio'))) found.add(speaker);
  return [...found].sort();
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Int16Array | Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Two pieces of one recording as the run keeps them: an eighth of a second of sound, and one frame. */
async function traces(run: string, id: string): Promise<Buffer[]> {
  const samples = await SampleReader.open(join(run, 'audio'));
  const sound = (await samples.readGrid(id)).slice(8000, 10_000);
  await samples.close();
  const frames = await ShardReader.open(join(run, 'features', 'frames'));
  const { data } = await frames.readRange(id, 20, 21);
  await frames.close();
  return [bytesOf(sound), bytesOf(data)];
}

async function filesWith(folder: string, needle: Buffer | string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(needle)) found.push(path.slice(folder.length + 1));
  }
  return found.sort();
}

describe('asr forget', () => {
  it('leaves nothing of the person but the note that keeps them out, and no run brings them back', async () => {
    const place = await corpus();
    await runTo(place);
    const found = await traces(place.run, 'ben_3');
    for (const trace of found) expect((await filesWith(place.run, trace)).length).toBeGreaterThan(0);
    await cp(join(place.run, 'features'), join(place.run, 'features.partial'), { recursive: true });

    const plan = await findDependents(place.run, { speakers: ['ben'], recordings: [] });
    expect(plan.recordings.map(({ id }) => id).sort()).toEqual([0, 1, 2, 3, 4, 5].map((i) => `ben_${i}`));
    const stages = plan.dependents.map(({ path }) => path.slice(place.run.length + 1));
    expect(stages).toEqual(
      ['audio', 'vad', 'features', 'features.partial', 'segments', 'clusters', 'learn', 'decode', 'selftrain']
        .concat(['score', 'bundle', 'report'])
        .filter((name) => existsSync(join(place.run, name))),
    );
    const trained = plan.dependents.filter((dependent) => dependent.trained).map(({ stage }) => stage);
    expect(trained).toEqual(expect.arrayContaining(['clusters', 'learn', 'bundle']));
    expect(plan.again).not.toContain('text');
    expect(plan.staying).toHaveLength(6);
    expect(existsSync(join(place.run, 'audio'))).toBe(true); // until it is told to

    await forget(plan);
    for (const trace of found) expect(await filesWith(place.run, trace)).toEqual([]);
    expect(await filesWith(place.run, 'ben')).toEqual(['forgotten.json']);
    expect(await readdir(join(place.data, 'audio', 'ben'))).toHaveLength(6);

    await runTo(place);
    for (const trace of found) expect(await filesWith(place.run, trace)).toEqual([]);
    expect(await speakersOf(place.run)).toEqual(['ana', 'eva']);
    expect((await planStates(await makePlan(place))).every(({ upToDate }) => upToDate)).toBe(true);
    const after = await findDependents(place.run, { speakers: ['ben'], recordings: [] });
    expect([after.recordings, after.dependents, after.again]).toEqual([[], [], []]);
  });

  it('takes one recording, keeps who was forgotten before, and names runs beside it', async () => {
    const place = await corpus();
    await runTo(place, 'vad');
    await cp(place.run, join(place.data, 'runs', 'other'), { recursive: true });
    await forget(await findDependents(place.run, { speakers: ['eva'], recordings: [] }));
    await runTo(place, 'vad');
    const plan = await findDependents(place.run, { speakers: [], recordings: ['ana_1'] });
    expect(plan.elsewhere).toEqual([join(place.data, 'runs', 'other')]);
    await forget(plan);
    await runTo(place, 'audio');
    expect(await speakersOf(place.run)).toEqual(['ana', 'ben']);
    const ids: string[] = [];
    for await (const { id } of readRecordings(join(place.run, 'audio'))) ids.push(id);
    expect(ids).toHaveLength(11);
    expect(ids).not.toContain('ana_1');
  });

  it("deletes the person's files in a corpus that the run made, but none that others speak in", async () => {
    const place = await corpus();
    await runTo(place, 'audio');
    await cp(join(place.data, 'audio'), join(place.run, 'corpus', 'audio'), { recursive: true });
    const manifest = join(place.run, 'audio', 'recordings.jsonl');
    const lines = (await readFile(manifest, 'utf8')).replace('audio/eva/0.wav', 'audio/ben/0.wav');
    await writeFile(manifest, lines);
    const plan = await findDependents(place.run, { speakers: ['ben'], recordings: [] });
    expect(plan.sound.map(({ path }) => path.slice(place.run.length)).sort()).toEqual(
      [1, 2, 3, 4, 5].map((i) => `/corpus/audio/ben/${i}.wav`),
    );
    expect(plan.staying).toEqual([{ path: 'audio/ben/0.wav', shared: true }]);
    await forget(plan);
    expect(await readdir(join(place.run, 'corpus', 'audio', 'ben'))).toEqual(['0.wav']);
  });

  it('refuses a name that the run does not have, and a folder that is no run', async () => {
    const place = await corpus();
    await runTo(place, 'audio');
    await expect(findDependents(place.run, { speakers: ['bem'], recordings: [] })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no speaker "bem"') as string,
      hint: expect.stringMatching(/^Did you mean "ben"\?/) as string,
    });
    await expect(findDependents(place.data, { speakers: ['ben'], recordings: [] })).rejects.toThrow('no run lies here');
    await rm(join(place.run, 'audio'), { recursive: true });
    await mkdir(join(place.run, 'audio.partial'));
    // Who is in there cannot be known, so all of it goes.
    const plan = await findDependents(place.run, { speakers: ['ben'], recordings: [] });
    expect(plan.dependents.map(({ stage }) => stage)).toEqual(['audio']);
    await writeFile(join(place.run, 'forgotten.json'), '{"speakers": 3}');
    await expect(makePlan(place)).rejects.toThrow('forgotten.json');
  });
});
