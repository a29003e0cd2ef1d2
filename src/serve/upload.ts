// A form with a file, as it comes over the wire: the file goes to the disk piece by
// piece, the fields are few and short.
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import { basename } from 'node:path';
import { toAsrError } from '../core/errors.js';
import { Refusal } from './refusal.js';

export interface Upload {
  readonly path: string;
  /** What the sender calls the file, without folders. */
  readonly name: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly remove: () => Promise<void>;
}

/** Beside the file a form holds a handful of short fields. Of a second file the parser must not end: it would wait. */
const formLimits = { files: 50, fields: 30, parts: 40, fieldSize: 1 << 16, headerPairs: 20, headerSize: 1 << 13 };
const formSlack = 1 << 20;

/**
 * @param folder in which the file lies until `remove`
 * @param most bytes of the file
 * @throws Refusal where it is no form with a file, or too large
 */
export async function receiveUpload(request: IncomingMessage, folder: string, most: number): Promise<Upload> {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/iu.test(type))
    throw new Refusal(415, 'no_form', 'Send multipart/form-data with a field "file": curl -F file=@talk.wav …');
  if (Number(request.headers['content-length'] ?? 0) > most + formSlack) throw tooLarge(most);
  const own = await mkdtemp(join(folder, 'upload-'));
  const remove = (): Promise<void> => rm(own, { recursive: true, force: true });
  try {
    return { ...(await receive(request, join(own, 'sound'), most)), remove };
  } catch (error) {
    await remove();
    if (error instanceof Refusal) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EMFILE') throw toAsrError(error);
    throw new Refusal(400, 'damaged_form', 'The form ends early or is damaged: send it again.');
  }
}

async function receive(request: IncomingMessage, path: string, most: number): Promise<Omit<Upload, 'remove'>> {
  const fields: [string, string][] = [];
  const form = parserOf(request, most);
  let refused: Refusal | undefined;
  let file: { name: string; written: Promise<void>; stream: BusboyFileStream } | undefined;
  form.on('field', (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut)
      refused ??= new Refusal(400, 'long_field', `The field ${JSON.stringify(name)} is too long.`);
    else fields.push([name, value]);
  });
  form.on('file', (field, stream, name) => {
    if (field !== 'file' || file) {
      refused ??= new Refusal(
        400,
        'unknown_file',
        `A file in the field ${JSON.stringify(field)}: only "file" is read.`,
      );
      stream.resume();
      return;
    }
    const written = pipeline(stream, createWriteStream(path));
    written.catch(() => undefined); // looked at below, when the form has ended
    file = { name: basename(name === '' ? 'sound' : name), written, stream };
    stream.on('limit', () => {
      request.unpipe(form);
      form.destroy(tooLarge(most));
    });
  });
  for (const event of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    form.on(event, () => (refused ??= new Refusal(400, 'long_form', 'The form has too many parts.')));
  await pipeline(request, form);
  await file?.written;
  if (refused) throw refused;
  if (!file)
    throw new Refusal(400, 'no_file', 'The form has no file: send one in the field "file".', { param: 'file' });
  if (file.stream.bytesRead === 0) throw new Refusal(400, 'empty_file', 'The file is empty.', { param: 'file' });
  return { path, name: file.name, fields };
}

function parserOf(request: IncomingMessage, most: number): InstanceType<typeof Busboy> {
  try {
    return new Busboy({ headers: request.headers as BusboyHeaders, limits: { ...formLimits, fileSize: most } });
  } catch {
    throw new Refusal(400, 'damaged_form', 'The form has no boundary between its parts.');
  }
}

const tooLarge = (most: number): Refusal =>
  new Refusal(
    413,
    'file_too_large',
    `The file is larger than ${Math.floor(most / 1e6)} MB, which is as much as is taken.`,
    {
      param: 'file',
    },
  );
