// Appends text to a file through a buffer, so that corpora larger than memory can be written line by line.
import { open, type FileHandle } from 'node:fs/promises';

const bufferLength = 1 << 16;

export class TextWriter {
  readonly #file: FileHandle;
  #pending: string[] = [];
  #length = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<TextWriter> {
    return new TextWriter(await open(path, 'w'));
  }

  async write(text: string): Promise<void> {
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length > bufferLength) await this.#flush();
  }

  async #flush(): Promise<void> {
    const text = this.#pending.join('');
    this.#pending = [];
    this.#length = 0;
    await this.#file.writeFile(text);
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#file.close();
  }
}
