// TensorBoard event files: scalars by step in, bytes out. A file is TFRecords (length, masked CRC of the length,
// data, masked CRC of the data), each an Event message (tensorflow/core/util/event.proto).
import protobuf from 'protobufjs';

const eventType = protobuf
  .parse(
    `
  syntax = "proto3";
  message Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
  message Summary { repeated Value value = 1; }
  message Value { string tag = 1; oneof value { float simple_value = 2; } }
`,
    { keepCase: true },
  )
  .root.lookupType('Event');

/** CRC-32C (Castagnoli), reflected polynomial 0x82f63b78. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * Rotated and shifted, so that a CRC of data which holds CRCs stays a good check (tensorflow/core/lib/hash/crc32c.h).
 */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function tfRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(16 + data.length);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return record;
}

const record = (event: object): Buffer => tfRecord(eventType.encode(eventType.fromObject(event)).finish());

/** The first record of every event file. @param seconds since 1970 */
export function eventFileHead(seconds: number): Buffer {
  return record({ wall_time: seconds, file_version: 'brain.Event:2' });
}

/**
 * @param scalars by tag; stored as float32, zeros too
 * @param seconds since 1970
 */
export function scalarsRecord(step: number, scalars: Readonly<Record<string, number>>, seconds: number): Buffer {
  const value = Object.entries(scalars).map(([tag, simple_value]) => ({ tag, simple_value }));
  return record({ wall_time: seconds, step, summary: { value } });
}
