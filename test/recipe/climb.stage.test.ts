// Climbing on a small real corpus: tries are run folders that share what they may, the best is the one that the rule of
// learn prefers, time is looked at between tries, and the same command goes on.
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.js';
import { readStageRecord } from '../../src/core/stage-run.js';
import { climbRecipe, type ClimbOptions } from '../../src/recipe/climb.js';
import { makePlan } from '../../src/recipe/plan.js';
import { runPlan } from '../../src/recipe/run.js';
import { makeCorpus } from '../audio/corpora.js';
import { folderDigest } from '../folder-digest.js';
import { temporaryFolder } from '../temporary-folder.js';

const set = [
  'text.pronunciation=letters',
  'text.minWordCount=1',
  'clusters.count=12',
  'clusters.restarts=1',
  'learn.refine=none',
  'learn.matching.steps=20',
  'learn.matching.restarts=2',
  'executor.jobs=1',
  'compute.threads=1',
];
const over = ['clusters.count=16,8', 'segments.rateRatio=0.9,1.1'];

async function options(): Promise<ClimbOptions & Record<'run' | 'share', string>> {
  const data = await temporaryFolder();
  await makeCorpus(data, 'librispeech', 8);
  return {
    recipe: 'librispeech',
    data: join(data, 'LibriSpeech'),
    run: join(data, 'climb'),
    share: join(data, 'whole'),
    set: [...set, 'corpus.parts=[]'],
    over,
  };
}

const inode = async (...path: string[]): Promise<number> => (await stat(join(...path))).ino;

describe('asr climb', () => {
  it('ends where no neighbour is better, having made each stage once for each of its settings', async () => {
    const climbing = await options();
    const { keys, tries, best, ended } = await climbRecipe(climbing, silentLog);
    expect(keys).toEqual(['clusters.count', 'segments.rateRatio']);
    expect(ended).toBe('top');
    // The recipe's own 12 was put between the values that were asked for.
    expect(tries[0]?.values).toEqual(['12', '0.9']);
    expect(tries.slice(1, 3).map(({ values }) => values[0])).toContain('16');
    const metric = (one: typeof best): number => one!.run!.score.metric;
    expect(metric(best)).toBe(Math.min(...tries.map(metric)));
    expect((await readdir(climbing.run)).filter((name) => name.includes('=')).sort()).toEqual(
      tries.map(({ folder }) => folder.slice(climbing.run.length + 1)).sort(),
    );
    const [first, second] = tries;
    expect(await inode(second!.folder, 'features', 'stage.json')).toBe(
      await inode(first!.folder, 'features', 'stage.json'),
    );
    expect(await inode(second!.folder, 'learn', 'stage.json')).not.toBe(
      await inode(first!.folder, 'learn', 'stage.json'),
    );
    const otherRate = tries.find(({ values }) => values[1] === '1.1')!;
    expect(await inode(otherRate.folder, 'text', 'stage.json')).toBe(await inode(first!.folder, 'text', 'stage.json'));
    expect((await readStageRecord(join(otherRate.folder, 'segments')))!.key).not.toBe(
      (await readStageRecord(join(first!.folder, 'segments')))!.key,
    );

    // A try is what `asr run` would have made, and so is what the run folder holds when it goes on.
    const plan = await makePlan({
      ...climbing,
      run: join(climbing.run, '..', 'alone'),
      set: [...climbing.set, `clusters.count=${best!.values[0]}`, `segments.rateRatio=${best!.values[1]}`],
      to: 'learn',
    });
    await runPlan(plan, silentLog);
    expect(await readFile(join(plan.run, 'learn', 'runs.jsonl'), 'utf8')).toBe(
      await readFile(join(best!.folder, 'learn', 'runs.jsonl'), 'utf8'),
    );

    const before = await inode(best!.folder, 'learn', 'stage.json');
    const again = await climbRecipe({ ...climbing, minutes: 0 }, silentLog);
    expect(again).toEqual({ keys, tries, best, ended });
    expect(await inode(best!.folder, 'learn', 'stage.json')).toBe(before);
  });

  it('begins no try after its time, takes over a run that is there, and goes on later to the same end', async () => {
    const climbing = await options();
    const none = await climbRecipe({ ...climbing, minutes: 0 }, silentLog);
    expect(none).toMatchObject({ tries: [], best: undefined, ended: 'stopped' });
    const whole = await makePlan({ ...climbing, run: climbing.share, to: 'learn' });
    await runPlan(whole, silentLog);
    const one = await climbRecipe({ ...climbing, minutes: 0 }, silentLog);
    expect(one.tries.map(({ values }) => values)).toEqual([['12', '0.9']]);
    expect(one.ended).toBe('stopped');
    expect(await inode(one.tries[0]!.folder, 'learn', 'stage.json')).toBe(
      await inode(climbing.share, 'learn', 'stage.json'),
    );
    const all = await climbRecipe({ ...climbing, over: [over[0]!], minutes: 10 }, silentLog);
    expect(all.ended).toBe('top');
    expect(all.tries.length).toBeGreaterThan(1);
    const [other] = (
      await climbRecipe(
        { ...climbing, over: ['segments.rateRatio=0.9'], share: join(climbing.run, 'absent') },
        silentLog,
      )
    ).tries;
    expect(other?.values).toEqual(['0.9']);
    expect(await inode(other!.folder, 'learn', 'stage.json')).toBe(
      await inode(one.tries[0]!.folder, 'learn', 'stage.json'),
    );
  });

  it('compares blocks of an encoder on what a bootstrap hears, having heard each sound once', async () => {
    const { data, run, share } = await options();
    const blocks = {
      recipe: 'librispeech',
      data,
      run,
      share,
      search: 'grid' as const,
      over: ['features.layer=1,2'],
      set: [
        'corpus.parts=[]',
        'features.kind=encoder',
        `features.model=${join(import.meta.dirname, '../fixtures/published/whisper')}`,
        'text.language=es',
        'text.minWordCount=1',
        'text.minPhoneShare=0',
        'clusters.count=8',
        'clusters.restarts=1',
        'learn.method=bootstrap',
        'learn.bootstrap.speech.hours=0.005',
        'learn.bootstrap.speech.voices=2',
        'learn.bootstrap.network.channels=8',
        'learn.bootstrap.train.epochs=1',
        'learn.bootstrap.train.crop=64',
        'executor.jobs=1',
        'compute.threads=1',
      ],
    };
    const { tries, best, ended } = await climbRecipe(blocks, silentLog);
    expect(ended).toBe('top');
    expect(tries.map(({ values }) => values)).toEqual([['1'], ['2']]);
    const alone = tries.map(({ run: learned }) => learned!.soundPerplexity!);
    expect(best).toBe(tries[alone.indexOf(Math.min(...alone))]);
    // Round 0 alone, each at the length that the text says.
    for (const { folder, run: learned } of tries) {
      const file = join(folder, 'learn/runs', learned!.name, 'length.json');
      const { expected, text } = JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
      expect([learned!.name, expected]).toEqual(['bootstrap-1-0', text]);
    }
    expect(await readdir(run)).not.toContain('heard');
    // A block that is not there is a mistake, and no try that failed.
    await expect(
      climbRecipe({ ...blocks, run: `${run}-beyond`, over: ['features.layer=1,9'] }, silentLog),
    ).rejects.toThrow(/no block 9; it has blocks 1 to 2/u);
    // Frames are those of a run that knows of no other.
    const plan = await makePlan({ ...blocks, run: share, set: [...blocks.set, 'features.layer=2'], to: 'features' });
    await runPlan(plan, silentLog);
    expect(await folderDigest(join(share, 'features', 'frames'))).toEqual(
      await folderDigest(join(tries[1]!.folder, 'features', 'frames')),
    );
  });

  describe('refuses before anything runs', () => {
    let climbing: ClimbOptions;
    beforeAll(() => {
      climbing = { recipe: 'librispeech', data: '/absent', run: '/absent/climb', set: [], over };
    });
    it.each([
      [[], /no setting is given/u],
      [['clusters.count'], /expected key=value,value/u],
      [['clusters.count=64,'], /"" is neither a number nor a word/u],
      [['clusters.count=64,many'], /clusters\.count/u],
      [['clusters.cuont=64'], /cuont/u],
      [['features.kind=mfcc,logmel'], /compares runs that differ in segments\.\*/u],
      [['features.layer=4,6'], /blocks are compared by what a bootstrap hears/u],
      [['learn.cycle=2,3'], /group of settings/u],
      [['clusters.count=64', 'clusters.count=128'], /twice/u],
    ])('%j', async (wrong, message) => {
      await expect(climbRecipe({ ...climbing, over: wrong }, silentLog)).rejects.toThrow(message);
    });
  });
});
