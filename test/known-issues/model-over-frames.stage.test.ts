// The bundle of a network over frames holds nothing that cuts speech up, and was refused for that: "its list of files
// does not have segments/segmenter.json". The model that self-training chose could not be used.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadModel } from '../../src/transcribe/model.js';
import { transcribe } from '../../src/transcribe/transcribe.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-over-frames-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('loads a network over frames without a segmenter, and nothing else without one', async () => {
  await makeSmallModel(join(folder, 'ctc'), { kind: 'ctc' });
  expect(existsSync(join(folder, 'ctc', 'segments'))).toBe(false);
  const model = await loadModel(join(folder, 'ctc'));
  expect((await transcribe(model, babble(3))).phones.length).toBeGreaterThan(0);
  await model.dispose();
  await makeSmallModel(join(folder, 'table'));
  rmSync(join(folder, 'table', 'segments'), { recursive: true });
  await expect(loadModel(join(folder, 'table'))).rejects.toMatchObject({ code: 'model' });
});
