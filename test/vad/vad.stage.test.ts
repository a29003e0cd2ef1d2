// The audio and vad stages one after the other, on small made-up recordings and,
// where ASR_CORPORA is set, on real ones.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { SampleReader } from '../../src/audio/samples.js';
import { audioStage } from '../../src/audio/stage.js';
import { readJsonl } from '../../src/core/jsonl.js';
import { silentLog } from '../../src/core/log.js';
import { utteranceSchema, type Utterance } from '../../src/core/records.js';
import { runStage } from '../../src/core/stage-run.js';
import type { StageRecord } from '../../src/core/stage.js';
import { vadConfig } from '../../src/vad/config.js';
import { keepRegions } from '../../src/vad/regions.js';
import { vadStage } from '../../src/vad/stage.js';
import { sine, wavBytes } from '../audio/signals.js';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'asr-vad-'));
  mkdirSync(join(data, 'audio'));
});
afterEach(() => {
  rmSync(data, { recursive: true });
});

/** A tone that is silent for the last 0.3 s of each second. */
const talk = (seconds: number): Buffer =>
  wavBytes([sine(440, 16_000, seconds).map((x, i) => (i % 16_000 < 11_200 ? x : 0))], 16_000, 's16');

async function run(
  audio: object,
  vad: object,
): Promise<{ utterances: Utterance[]; record: StageRecord; audioRecord: StageRecord; skipped: string }> {
  const base = { data, seed: 1, log: silentLog, compute: { engine: 'cpu' as const, threads: 2 } };
  const audioOut = join(data, 'out/audio');
  const out = join(data, 'out/vad');
  const { record: audioRecord } = await runStage(audioStage, {
    ...base,
    inputs: {},
    out: audioOut,
    config: audioConfig.parse(audio),
  });
  const { record } = await runStage(vadStage, {
    ...base,
    inputs: { audio: audioOut },
    out,
    config: vadConfig.parse(vad),
  });
  const utterances: Utterance[] = [];
  for await (const utterance of readJsonl(join(out, 'utterances.jsonl'), utteranceSchema)) utterances.push(utterance);
  return {
    utterances,
    record,
    audioRecord,
    skipped: record.skipped > 0 ? readFileSync(join(out, 'skipped.jsonl'), 'utf8') : '',
  };
}

describe('vad stage', () => {
  it('cuts silence away, names silent recordings and splits long ones', async () => {
    writeFileSync(join(data, 'audio/long.wav'), talk(10));
    writeFileSync(join(data, 'audio/short.wav'), talk(2));
    writeFileSync(join(data, 'audio/silent.wav'), wavBytes([new Float64Array(16_000)], 16_000, 's16'));
    writeFileSync(
      join(data, 'audio/click.wav'),
      wavBytes([new Float64Array(16_000).map((_, i) => (i > 8000 && i < 8200 ? Math.sin(i) : 0))], 16_000, 's16'),
    );
    const { utterances, record, skipped } = await run({}, { maxSeconds: 4, minSpeech: 0.2 });
    expect(utterances.map(({ id, recording }) => [id, recording])).toEqual([
      ['long_0001', 'long'],
      ['long_0002', 'long'],
      ['short', 'short'],
    ]);
    expect(skipped).toMatch(
      /"click","reason":"only 0\.\d+ s of speech[^]*"silent","reason":"no speech: all of it is silent"/,
    );
    const reader = await SampleReader.open(join(data, 'out/audio'));
    let seconds = 0;
    for (const { recording, regions, samples } of utterances) {
      expect(keepRegions(await reader.read(recording), regions).length).toBe(samples);
      seconds += samples / 16_000;
    }
    await reader.close();
    expect(record.counts).toMatchObject({ utterances: 3 });
    expect(record.counts['seconds']).toBeCloseTo(seconds, 6);
    expect(seconds).toBeGreaterThan(12 * 0.7);
    expect(seconds).toBeLessThan(12 * 0.78); // hangover and window edges
  });

  it('method none keeps a recording whole, whatever is in it', async () => {
    writeFileSync(join(data, 'audio/a.wav'), talk(1));
    expect((await run({}, { method: 'none' })).utterances[0]).toMatchObject({
      id: 'a',
      regions: [[0, 16_000]],
      samples: 16_000,
    });
  });

  it('leaves out a part whose id another recording has', async () => {
    writeFileSync(join(data, 'audio/a.wav'), talk(10));
    writeFileSync(join(data, 'audio/a_0002.wav'), talk(1));
    const { utterances, skipped } = await run({}, { maxSeconds: 4 });
    expect(utterances.map(({ id }) => id)).toEqual(['a_0001', 'a_0002']);
    expect(utterances[1]!.recording).toBe('a_0002');
    expect(skipped).toContain('"id":"a_0002"');
  });
});

const corpora = process.env['ASR_CORPORA'];
if (corpora === undefined) console.warn('ASR_CORPORA is not set: the tests on kerstin-de and mboshi are skipped');

describe.skipIf(corpora === undefined)('real corpora', () => {
  it.each([
    ['kerstin-de', { layout: 'folder', speakers: 'one' }, {}],
    ['mboshi', { layout: 'tsv', table: 'some.tsv', columns: { id: 'utt_id' } }, { speakers: 3 }],
  ])(
    '%s: decodes and finds speech in nearly all of each utterance',
    async (name, config, expected: { speakers?: number }) => {
      const source = join(corpora!, name);
      const files = readdirSync(join(source, 'audio'))
        .sort()
        .filter((_, i) => i % 60 === 0);
      for (const file of files) symlinkSync(join(source, 'audio', file), join(data, 'audio', file));
      const table = join(source, 'utterances.tsv');
      if (existsSync(table)) {
        const ids = new Set(files.map((file) => file.replace('.opus', '')));
        writeFileSync(
          join(data, 'some.tsv'),
          readFileSync(table, 'utf8')
            .split('\n')
            .filter((line, i) => i === 0 || ids.has(line.split('\t')[0]!))
            .join('\n'),
        );
      }
      const { utterances, record, audioRecord } = await run(config, {});
      expect(audioRecord.counts['recordings']).toBe(files.length);
      expect(utterances.length).toBe(files.length);
      expect(new Set(utterances.map(({ speaker }) => speaker)).size).toBe(expected.speakers ?? 1);
      const kept = record.counts['seconds']! / audioRecord.counts['seconds']!;
      expect(kept).toBeGreaterThan(0.5);
      expect(kept).toBeLessThan(1);
    },
  );
});
