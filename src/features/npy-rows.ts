// A .npy of rows that may be larger than memory: opened once, read in ranges.
import { open, type FileHandle } from 'node:fs/promises';
import { AsrError } from '../core/errors.js';
import { decodeNpyHeader, decodeValues, valueBytes, type NpyHeader } from '../core/npy.js';

export class NpyRows {
  readonly rows: number;
  readonly columns: number;
  readonly #file: FileHandle;
  readonly #header: NpyHeader;
  readonly #path: string;

  private constructor(path: string, file: FileHandle, header: NpyHeader) {
    this.#path = path;
    this.#file = file;
    this.#header = header;
    [this.rows, this.columns] = header.shape as [number, number];
  }

  /** @throws AsrError 'input' when the file is no .npy of rows of floats, or is cut short */
  static async open(path: string): Promise<NpyRows> {
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(4096);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      const header = decodeNpyHeader(head.subarray(0, bytesRead), path);
      const [rows, columns] = header.shape;
      if (
        header.shape.length !== 2 ||
        rows === undefined ||
        columns === undefined ||
        columns === 0 ||
        !header.type.startsWith('float')
      ) {
        throw new AsrError(
          'input',
          `${path}: holds ${header.type} of the shape (${header.shape.join(', ')}), ` +
            'expected floats of the shape (frames, dimension)',
          'Save it as a two-dimensional array of float32 or float16.',
        );
      }
      const { size } = await file.stat();
      const wanted = header.offset + rows * columns * valueBytes(header.type);
      if (size !== wanted)
        throw new AsrError(
          'input',
          `${path}: ${size} bytes, expected ${wanted} for (${rows}, ${columns})`,
          'The file is cut short or damaged; make it again.',
        );
      return new NpyRows(path, file, header);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** [end - first, columns] @throws RangeError when there are no such rows */
  async read(first: number, end: number): Promise<Float32Array> {
    if (first < 0 || end < first || end > this.rows)
      throw new RangeError(`${this.#path} has rows [0, ${this.rows}), not [${first}, ${end})`);
    const rowBytes = this.columns * valueBytes(this.#header.type);
    const raw = Buffer.from(new ArrayBuffer((end - first) * rowBytes));
    let done = 0;
    while (done < raw.length) {
      const { bytesRead } = await this.#file.read(
        raw,
        done,
        raw.length - done,
        this.#header.offset + first * rowBytes + done,
      );
      if (bytesRead === 0)
        throw new AsrError('input', `${this.#path}: ends before row ${end}`, 'The file is cut short; make it again.');
      done += bytesRead;
    }
    return decodeValues(this.#header.type, raw) as Float32Array;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
