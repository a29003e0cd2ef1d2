// A form with two files was never answered; and a recording that is cut short was answered with the half that could be
// decoded, without a word but in one of the forms.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { plainAnswer, warningHeader } from '../../src/serve/answers.js';
import { Refusal } from '../../src/serve/refusal.js';
import { receiveUpload } from '../../src/serve/upload.js';
import { temporaryFolder } from '../temporary-folder.js';

async function listening(folder: string): Promise<string> {
  const server: Server = createServer((request, response) => {
    receiveUpload(request, folder, 1e6).then(
      async ({ fields, remove }) => {
        await remove();
        response.end(String(fields.length));
      },
      (error: unknown) => {
        response.statusCode = error instanceof Refusal ? error.status : 500;
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((ready) => {
    server.listen(0, '127.0.0.1', ready);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it('every form is answered, whatever the number of its parts', { timeout: 120_000 }, async () => {
  const url = await listening(await temporaryFolder());
  const answer = async (files: number, fields: number): Promise<number> => {
    const form = new FormData();
    for (let i = 0; i < fields; i++) form.append(`k${i}`, 'v');
    for (let i = 0; i < files; i++)
      form.append('file', new Blob(['abc'.repeat(files > 3 ? 1000 : 50_000)]), `${i}.wav`);
    return (await fetch(url, { method: 'POST', body: form })).status;
  };
  expect(await answer(1, 2)).toBe(200);
  for (const [files, fields] of [
    [2, 0],
    [3, 1],
    [1, 35],
  ] as const)
    expect(await answer(files, fields), `${files} files, ${fields} fields`).toBe(400);
});

it('a warning about the sound stands in every answer', () => {
  const whole = { file: 'a.flac', seconds: 1, phones: [], words: [], text: '' };
  const spoken = (more: object): Parameters<typeof plainAnswer>[0] =>
    ({ ...whole, ...more }) as unknown as Parameters<typeof plainAnswer>[0];
  const damaged = spoken({ warning: 'damaged \u2014 decoded as far' });
  expect(plainAnswer(damaged)).toEqual({ text: '', warning: 'damaged \u2014 decoded as far' });
  expect(warningHeader(damaged)).toEqual({ 'x-asr-warning': 'damaged ? decoded as far' });
  expect(plainAnswer(spoken({}))).toEqual({ text: '' });
  expect(warningHeader(spoken({}))).toEqual({});
});
