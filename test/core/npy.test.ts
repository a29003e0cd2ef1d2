import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from '../../src/core/float16.js';
import { encodeNpyHeader, readFloatNpy, readNpy, writeNpy } from '../../src/core/npy.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('.npy', () => {
  it('gives back values and shape for every type', async () => {
    const path = join(await temporaryFolder(), 'a.npy');
    await writeNpy(path, Float32Array.of(1.5, -2, 3.25, 0.1, 5, 6), [2, 3]);
    expect(await readNpy(path)).toEqual({ shape: [2, 3], data: Float32Array.of(1.5, -2, 3.25, 0.1, 5, 6) });
    await writeNpy(path, Int32Array.of(-7, 8), [2]);
    expect(await readNpy(path)).toEqual({ shape: [2], data: Int32Array.of(-7, 8) });
    await writeNpy(path, Int32Array.of(-32768, 32767), [2, 1], 'int16');
    expect(await readNpy(path)).toEqual({ shape: [2, 1], data: Int32Array.of(-32768, 32767) });
    await writeNpy(path, Float32Array.of(0.5, 1024, -3), [3], 'float16');
    expect(await readNpy(path)).toEqual({ shape: [3], data: Float32Array.of(0.5, 1024, -3) });
  });

  it('writes the bytes that the format asks for', async () => {
    const header = encodeNpyHeader('float32', [2, 3]);
    expect(header.subarray(0, 8)).toEqual(Buffer.from('\x93NUMPY\x01\x00', 'latin1'));
    expect(header.length % 64).toBe(0);
    expect(header.readUInt16LE(8)).toBe(header.length - 10);
    expect(header.subarray(10).toString('latin1')).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/,
    );
  });

  it('reads what NumPy wrote', async () => {
    // numpy.save of numpy.arange(3, dtype='<i4'), NumPy 1.24
    const text = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }";
    const head = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
      Buffer.from(`${text.padEnd(117)}\n`, 'latin1'),
    ]);
    const path = join(await temporaryFolder(), 'numpy.npy');
    await writeFile(path, Buffer.concat([head, Buffer.from(Int32Array.of(0, 1, 2).buffer)]));
    expect(await readNpy(path)).toEqual({ shape: [3], data: Int32Array.of(0, 1, 2) });
  });

  it('names the file that is cut short, or no .npy, or of integers where floats are due', async () => {
    const path = join(await temporaryFolder(), 'b.npy');
    await writeNpy(path, Int32Array.of(1, 2, 3), [3]);
    await expect(readFloatNpy(path)).rejects.toThrow(/b\.npy: expected float/);
    await writeFile(path, (await readFile(path)).subarray(0, -1));
    await expect(readNpy(path)).rejects.toThrow(/b\.npy: expected 12 bytes of values, found 11/);
    await writeFile(path, 'hello, world');
    await expect(readNpy(path)).rejects.toThrow(/not a \.npy file/);
  });
});

describe('float16', () => {
  it('rounds to nearest even and keeps the special values', () => {
    expect(float32ToFloat16(1)).toBe(0x3c00);
    expect(float32ToFloat16(-2)).toBe(0xc000);
    expect(float32ToFloat16(65504)).toBe(0x7bff);
    expect(float32ToFloat16(65520)).toBe(0x7c00);
    expect(float32ToFloat16(2 ** -24)).toBe(1);
    expect(float32ToFloat16(1 + 2 ** -11)).toBe(0x3c00);
    expect(float32ToFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(float16ToFloat32(0x7c00)).toBe(Infinity);
    expect(float16ToFloat32(float32ToFloat16(NaN))).toBeNaN();
  });

  it('gives back every one of the 65,536 halves', () => {
    for (let half = 0; half < 65536; half++) {
      const value = float16ToFloat32(half);
      if (!Number.isNaN(value)) expect(float32ToFloat16(value)).toBe(half === 0x8000 ? 0x8000 : half);
    }
  });
});
