// A refusal over HTTP ran message and hint together without a full stop and told a visitor to take the file "out of the
// corpus"; over the websocket, where there is no upload, "the file" stood between all letters of the message.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeToGrid } from '../../src/audio/decode.js';
import { AsrError, inSentences, toAsrError } from '../../src/core/errors.js';
import { refusalOf } from '../../src/serve/refusal.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-refusal-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a refusal', () => {
  it('says what is wrong and what to do, without a path or a corpus', async () => {
    const path = join(folder, 'upload');
    writeFileSync(path, 'root:x:0:0\n');
    const error = await decodeToGrid(path).then(() => undefined, toAsrError);
    const { message } = refusalOf(error as AsrError, path);
    expect(message).toMatch(/^the file: .*\. Check that it is a sound file and plays, or leave it out\.$/u);
    expect(message).not.toContain(folder);
  });

  it('is legible where nothing was uploaded', () => {
    const error = new AsrError('input', 'sample 3 is NaN', 'Send numbers.');
    expect(refusalOf(error).message).toBe('sample 3 is NaN. Send numbers.');
    expect(inSentences(new AsrError('input', 'It is over.'))).toBe('It is over.');
    expect(inSentences(new AsrError('input', 'Is it over?', 'Wait.'))).toBe('Is it over? Wait.');
  });
});
