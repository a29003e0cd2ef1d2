import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c, eventFileHead } from '../../src/learn/event-file.js';
import { eventFile, writeEventFiles } from '../../src/learn/tensorboard.js';
import { temporaryFolder } from '../temporary-folder.js';

interface Scalar {
  readonly step: number;
  readonly tag: string;
  readonly value: number;
}

/** Reads an event file by the wire format alone: lengths, both checksums bit by bit, fields by their numbers. */
function readEvents(bytes: Buffer): { version: string; scalars: Scalar[] } {
  const scalars: Scalar[] = [];
  let version = '';
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 8)).toBe(slowMaskedCrc(bytes.subarray(at, at + 8)));
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(slowMaskedCrc(data));
    at += 16 + length;
    let step = 0;
    for (const [field, value] of fields(data)) {
      if (field === 2) step = value as number;
      if (field === 3) version = (value as Buffer).toString();
      if (field !== 5) continue;
      for (const [, entry] of fields(value as Buffer)) {
        const parts = new Map(fields(entry as Buffer));
        scalars.push({
          step,
          tag: (parts.get(1) as Buffer).toString(),
          value: (parts.get(2) as Buffer).readFloatLE(0),
        });
      }
    }
  }
  return { version, scalars };
}

function fields(data: Buffer): [number, number | Buffer][] {
  const found: [number, number | Buffer][] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = data[at++]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const size = [0, 8, 0, 0, 0, 4][key & 7]!;
    if ((key & 7) === 0) found.push([key >> 3, varint()]);
    else {
      const length = (key & 7) === 2 ? varint() : size;
      found.push([key >> 3, data.subarray(at, at + length)]);
      at += length;
    }
  }
  return found;
}

function slowMaskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ ((crc & 1n) * 0x82f63b78n);
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

describe('event files', () => {
  it('use the checksum of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  });

  it('begin with the version record', () => {
    const { version, scalars } = readEvents(eventFileHead(12));
    expect(version).toBe('brain.Event:2');
    expect(scalars).toEqual([]);
  });

  it('hold the metrics of each run under its name, and none for a run without', async () => {
    const out = await temporaryFolder();
    for (const run of ['gan-1', 'hmm-1', 'bare']) await mkdir(join(out, 'runs', run), { recursive: true });
    const lines = (records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
    await writeFile(
      join(out, 'runs', 'gan-1', 'metrics.jsonl'),
      lines([
        { update: 0, network: 'generator', loss: 1.5 },
        { update: 300, network: 'discriminator', loss: 0.25, broken: null },
      ]),
    );
    await writeFile(
      join(out, 'runs', 'gan-1', 'evaluations.jsonl'),
      lines([{ update: 1000, score: { metric: 12.5 }, phonesPerUtterance: 40 }]),
    );
    await writeFile(
      join(out, 'runs', 'hmm-1', 'metrics.jsonl'),
      lines([
        { step: 1, loss: 4 },
        { pass: 1, logLikelihood: -9.5 },
      ]),
    );
    await writeEventFiles(out, ['gan-1', 'hmm-1', 'bare']);
    const read = async (run: string): Promise<Scalar[]> =>
      readEvents(await readFile(join(out, 'tensorboard', run, eventFile))).scalars;
    expect(await read('gan-1')).toEqual([
      { step: 0, tag: 'generator/loss', value: 1.5 },
      { step: 300, tag: 'discriminator/loss', value: 0.25 },
      { step: 1000, tag: 'score/metric', value: 12.5 },
      { step: 1000, tag: 'phonesPerUtterance', value: 40 },
    ]);
    expect(await read('hmm-1')).toEqual([
      { step: 1, tag: 'loss', value: 4 },
      { step: 1, tag: 'hmm/logLikelihood', value: -9.5 },
    ]);
    expect(existsSync(join(out, 'tensorboard', 'bare'))).toBe(false);
  });

  it('keep at most 10,000 steps of a long training, of both networks', async () => {
    const out = await temporaryFolder();
    await mkdir(join(out, 'runs', 'long'), { recursive: true });
    const line = (i: number): string =>
      `{"update":${i},"network":"${i % 2 === 0 ? 'generator' : 'discriminator'}","loss":1}\n`;
    await writeFile(
      join(out, 'runs', 'long', 'metrics.jsonl'),
      Array.from({ length: 15_000 }, (_, i) => line(i)).join(''),
    );
    await writeEventFiles(out, ['long']);
    const bytes = await readFile(join(out, 'tensorboard', 'long', eventFile));
    const count = (tag: string): number => bytes.toString('latin1').split(tag).length - 1;
    expect(count('generator/loss')).toBe(2500);
    expect(count('discriminator/loss')).toBe(2500);
  });
});
