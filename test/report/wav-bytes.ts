// A 16-bit wav file by its byte layout, apart from the library that wrote it.
export function decodeWav(bytes: Buffer): { rate: number; channels: number; samples: Int16Array } {
  if (bytes.toString('latin1', 36, 40) !== 'data' || bytes.readUInt16LE(34) !== 16)
    throw new Error('not a plain 16-bit wav file');
  const length = bytes.readUInt32LE(40) / 2;
  return {
    rate: bytes.readUInt32LE(24),
    channels: bytes.readUInt16LE(22),
    samples: Int16Array.from({ length }, (_, i) => bytes.readInt16LE(44 + 2 * i)),
  };
}
