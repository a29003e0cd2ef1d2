// Whole recipes on tiny corpora in the layouts of published ones: what is divided stays unpaired, every stage runs, and
// the references that come out are those of the corpus.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutTone } from '../../recipes/mboshi/prepare.js';
import { silentLog } from '../../src/core/log.js';
import type { TranscribedLayout } from '../../src/audio/config.js';
import { makePlan } from '../../src/recipe/plan.js';
import { runPlan } from '../../src/recipe/run.js';
import { corpusTranscripts } from '../../src/transcripts/corpora.js';
import { foldTimit, timitPhones } from '../../src/transcripts/timit-phones.js';
import { makeCorpus, spokenSentences, type layouts } from '../audio/corpora.js';
import { temporaryFolder } from '../temporary-folder.js';

const tiny = ['clusters.count=12', 'clusters.restarts=1', 'learn.matching.steps=10', 'learn.cycle.rounds=0'];
const letters = ['text.pronunciation=letters', 'text.minWordCount=1'];

async function divided(
  recipe: string,
  layout: keyof typeof layouts,
  dir: string,
  perSpeaker: number,
  set: readonly string[],
) {
  const data = await temporaryFolder();
  await makeCorpus(data, layout, perSpeaker);
  const plan = await makePlan({ recipe, data: join(data, dir), run: join(data, 'run'), set: [...set] });
  return { data, plan };
}

const lines = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');

async function corpusFiles(run: string) {
  const [header, ...rows] = (await lines(join(run, 'corpus', 'audio.tsv'))).map((line) => line.split('\t'));
  const references = new Map(
    (await lines(join(run, 'corpus', 'references.txt'))).map((line) => [
      line.split(' ', 1)[0]!,
      line.slice(line.indexOf(' ') + 1),
    ]),
  );
  return { header, rows, references, text: await lines(join(run, 'corpus', 'text.txt')) };
}

describe('recipes for published layouts', () => {
  it.each([
    ['librispeech', 'librispeech', 'LibriSpeech', ['corpus.parts=[]', ...letters]],
    ['timit', 'timit', 'TIMIT', ['text.minPhoneShare=0']],
    ['kaldi', 'kaldi', 'egs', letters],
    ['lhotse', 'lhotse', 'lhotse', ['corpus.dir=.', ...letters]],
  ] as const)('%s: runs from sound to score, with text and sound apart', async (recipe, layout, dir, set) => {
    const { data, plan } = await divided(recipe, layout, dir, 14, [...set, ...tiny]);
    await runPlan(plan, silentLog);
    const { rows, references, text } = await corpusFiles(plan.run);
    const spoken = new Set(references.values());
    expect(text.filter((line) => spoken.has(line))).toEqual([]);
    expect(text.length).toBeGreaterThan(3);
    expect([...references.keys()].sort()).toEqual(rows.map(([id]) => id).sort());
    expect(new Set(rows.map((row) => row[3]))).toEqual(new Set(['train', 'test']));
    const score = JSON.parse(await readFile(join(plan.run, 'score', 'score.json'), 'utf8')) as {
      per: number;
      utterances: number;
      split: string;
    };
    expect(score.split).toBe('test');
    expect(score.utterances).toBe(rows.filter((row) => row[3] === 'test').length);
    expect(score.per).toBeGreaterThan(0);
    expect(data).not.toBe('');
  });

  it.each([
    ['mls', 'mls', 'mls', ['corpus.parts=[]']],
    ['commonvoice', 'commonvoice', 'cv/es', []],
    ['ljspeech', 'ljspeech', 'LJSpeech-1.1', []],
    ['voxforge', 'voxforge', 'vox', []],
  ] as const)('%s: divides, decodes and reads the text', async (recipe, layout, dir, set) => {
    const { plan } = await divided(recipe, layout, dir, 10, [...set, ...letters, 'corpus.testShare=0.3']);
    await runPlan(
      { ...plan, steps: plan.steps.filter(({ name }) => ['corpus', 'audio', 'text'].includes(name)) },
      silentLog,
    );
    const { references, rows, text } = await corpusFiles(plan.run);
    expect(references.size).toBe(rows.length);
    expect(text.filter((line) => [...references.values()].includes(line))).toEqual([]);
    const record = JSON.parse(await readFile(join(plan.run, 'audio', 'stage.json'), 'utf8')) as {
      counts: { recordings: number };
      skipped: number;
    };
    expect([record.counts.recordings, record.skipped]).toEqual([rows.length, 0]);
  });

  it('mboshi-bootstrap: words without tone, which the Swahili voices pronounce', async () => {
    expect(withoutTone('Kyéma ikóó sωndω nώ έ')).toBe('kyema ikoo sondo no e');
    const { plan } = await divided('mboshi-bootstrap', 'mboshi', 'mboshi', 10, [
      'corpus.extension=wav',
      'text.minPhoneShare=0',
    ]);
    await runPlan({ ...plan, steps: plan.steps.filter(({ name }) => ['corpus', 'text'].includes(name)) }, silentLog);
    const { text } = await corpusFiles(plan.run);
    const words = new Set(text.flatMap((line) => line.split(' ')));
    const pronounced = new Map(
      (await lines(join(plan.run, 'text', 'lexicon.tsv'))).map((line) => line.split('\t') as [string, string]),
    );
    expect(new Set(pronounced.keys())).toEqual(words);
    for (const phones of pronounced.values()) expect(phones).not.toBe('');
  });

  it('take a text of its own without the lines that are spoken, however they are written', async () => {
    const { data, plan } = await divided('ljspeech', 'ljspeech', 'LJSpeech-1.1', 4, ['corpus.textFile=../other.txt']);
    const said = spokenSentences(['lj'], 8).map(({ text }) => text);
    await writeFile(
      join(data, 'other.txt'),
      `${said.map((text) => `${text.toUpperCase()}!`).join('\n')}\nsomething else\n`,
    );
    await runPlan({ ...plan, steps: plan.steps.slice(0, 1) }, silentLog);
    const { text, rows } = await corpusFiles(plan.run);
    expect(text).toEqual(['something else']);
    expect(rows).toHaveLength(8);
  });
});

describe('transcripts of a corpus', () => {
  it.each([
    ['librispeech', 'librispeech', 'LibriSpeech', '19-121-0001', '19', 1],
    ['mls', 'mls', 'mls', '31_7_000002', '31', 2],
    ['commonvoice', 'commonvoice', 'cv/es', 'common_voice_es_dev0', 'b', 0],
    ['ljspeech', 'ljspeech', 'LJSpeech-1.1', 'LJ001-0003', 'lj', 3],
    ['voxforge', 'voxforge', 'vox', 'ben-20100102-def_a0001', 'ben-20100102-def', 1],
    ['voxforge', 'voxforge', 'vox', 'anna-20100101-abc_a0001', 'anna-20100101-abc', 1],
    ['kaldi', 'kaldi', 'egs/data', 's3-001', 's3', 1],
    ['lhotse', 'lhotse', 'lhotse', 's1-2', 's1', 2],
    ['mboshi', 'mboshi', 'mboshi', 'kouarata_2015-09-08_1', 'kouarata', 1],
    ['timit', 'timit', '.', 'fcjf0_sx2', 'FCJF0', 2],
    ['ljspeech', 'kerstin', 'kerstin', 'k2', 'kerstin', 2],
  ] as [TranscribedLayout, keyof typeof layouts, string, string, string, number][])(
    '%s (%s): have the ids of its sound',
    async (reader, layout, dir, id, speaker, number) => {
      const data = await temporaryFolder();
      await makeCorpus(data, layout);
      const found = new Map<string, string>();
      for await (const transcript of corpusTranscripts(reader, join(data, dir)))
        found.set(transcript.id, transcript.text);
      const expected = spokenSentences([speaker], number + 1)[number]!.text;
      expect(found.get(id)?.toLowerCase().replace(/\.$/, '')).toBe(expected);
    },
  );
});

describe('phones of TIMIT', () => {
  const all = (
    'aa ae ah ao aw ax ax-h axr ay b bcl ch d dcl dh dx eh el em en eng epi er ey f g gcl h# hh hv ih ix iy jh k ' +
    'kcl l m n ng nx ow oy p pau pcl q r s sh t tcl th uh uw ux v w y z zh'
  ).split(' ');

  it('fold from 61 to 48 to 39, silence included', () => {
    const size = (set: '61' | '48' | '39'): number =>
      new Set(all.map((phone) => foldTimit(phone, set)).filter((phone) => phone !== undefined)).size;
    expect(all).toHaveLength(61);
    expect([size('48'), size('39')]).toEqual([48, 39]);
    // Three names for silence become one.
    expect(size('61')).toBe(59);
    expect(['ix', 'axr', 'en', 'zh', 'dcl', 'q', 'xyz'].map((phone) => foldTimit(phone, '39'))).toEqual([
      'ih',
      'er',
      'n',
      'sh',
      '<SIL>',
      undefined,
      undefined,
    ]);
  });

  it('come from a .PHN file with neighbouring silences joined', () => {
    expect(timitPhones('0 10 h#\n10 20 pau\n20 30 bcl\n30 40 b\n40 50 ux\n50 60 h#\n', '39')).toEqual([
      '<SIL>',
      'b',
      'uw',
      '<SIL>',
    ]);
  });
});
