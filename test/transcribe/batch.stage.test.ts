// Many files through one transcriber: what is stopped keeps what was heard of it, and one bad file costs one file.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AsrError } from '../../src/core/errors.js';
import { transcribeBatch } from '../../src/transcribe/batch.js';
import { folderOutput } from '../../src/transcribe/outputs.js';
import { createTranscriber, type Transcriber } from '../../src/transcribe/transcriber.js';
import { transcriptSchema, type Transcript } from '../../src/transcribe/transcript.js';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from './small-model.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-batch-'));
const long = join(folder, 'long.wav');
let transcriber: Transcriber;
beforeAll(async () => {
  await makeSmallModel(join(folder, 'model'));
  writeFileSync(long, wavBytes([babble(90)], 16_000, 's16'));
  writeFileSync(join(folder, 'bad.wav'), 'no sound');
  transcriber = await createTranscriber(join(folder, 'model'), { jobs: 1 });
});
afterAll(async () => {
  await transcriber.dispose();
  rmSync(folder, { recursive: true });
});

describe('transcribeBatch', () => {
  it('hands over what was heard of a recording that is stopped', async () => {
    const whole = await transcriber.transcribe(long, { name: long });
    const controller = new AbortController();
    const stopped: Transcript[] = [];
    const output = await folderOutput(join(folder, 'out'), ['json', 'srt'], [long]);
    await expect(
      transcribeBatch(transcriber, [long], new Map(), {
        jobs: 1,
        signal: controller.signal,
        onFailure: () => {
          throw new Error('no failure');
        },
        onTranscript: async () => {
          throw new Error('no end');
        },
        onProgress: () => {
          controller.abort();
        },
        onStopped: async (part) => {
          stopped.push(part);
          await output.write(part, true);
        },
      }),
    ).rejects.toThrow(/abort/i);
    const [part] = stopped;
    expect(transcriptSchema.parse(part).phones).toEqual(whole.phones.slice(0, part!.phones.length));
    expect(part!.phones.length).toBeGreaterThan(0);
    expect(part!.phones.length).toBeLessThan(whole.phones.length);
    expect(part!.seconds).toBeLessThan(whole.seconds);
    expect(part!.warning).toMatch(/interrupted: the recording goes on after [\d.]+ seconds/);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['long.unfinished.json', 'long.unfinished.srt']);
    expect(await output.has(long)).toBe(false);
    await output.write(whole);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['long.json', 'long.srt']);
    expect(JSON.parse(readFileSync(join(folder, 'out/long.json'), 'utf8'))).toEqual(whole);
  });

  it('goes on after a bad file', async () => {
    const failures: [string, AsrError][] = [];
    const done: string[] = [];
    const failed = await transcribeBatch(
      transcriber,
      [join(folder, 'bad.wav'), long, join(folder, 'gone.wav')],
      new Map(),
      {
        jobs: 2,
        signal: new AbortController().signal,
        onProgress: () => undefined,
        onStopped: async () => undefined,
        onTranscript: async ({ file }) => {
          done.push(file);
        },
        onFailure: (file, error) => {
          failures.push([file, error]);
        },
      },
    );
    expect(failed).toBe(2);
    expect(done).toEqual([long]);
    expect(failures.map(([, { code }]) => code).sort()).toEqual(['input', 'io']);
  });
});
