// Appends text to a file through a buffer, so that corpora larger than memory can be written line by line.
import { open, type FileHandle } from 'node:fs/promises';

const bufferLength = 1 << 16;

export class TextWriter {
  readonly #file: FileHandle;
  #pending: string[] = [];
  #length = 0;
  #closed = false;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param append keep what is there (to continue an interrupted stage) */
  static async create(path: string, append = false): Promise<TextWriter> {
    return new TextWriter(await open(path, append ? 'a' : 'w'));
  }

  async write(text: string): Promise<void> {
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length > bufferLength) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const text = this.#pending.join('');
    this.#pending = [];
    this.#length = 0;
    await this.#file.writeFile(text);
  }

  /** Writes what is left. Nothing the second time; the file is closed where the disk is full, too. */
  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.flush();
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  /** For `await using`: where `close` was not reached, the file is closed and what was held back is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}
