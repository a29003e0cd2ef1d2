// The bytes that ffmpeg writes into its pipe in (Sun/NeXT audio, 32-bit big-endian floats), interleaved samples out as
// they come. The header tells rate and channels, so ffmpeg need not be asked before.
import { Writable } from 'node:stream';

/** Takes interleaved samples of full scale 1; while its promise is pending, ffmpeg waits. */
export type Receiver = (interleaved: Float32Array) => void | Promise<void>;

export class AuSink extends Writable {
  /** What `start` or the receiver threw; the pipe is drained all the same, so that ffmpeg ends by itself. */
  failure: Error | undefined;
  readonly #start: (rate: number, channels: number) => Receiver;
  #receiver: Receiver | undefined;
  #channels = 1;
  #rest: Buffer = Buffer.alloc(0);

  /** @param start called once, when the header is known */
  constructor(start: (rate: number, channels: number) => Receiver) {
    // fluent-ffmpeg takes 'close' of the target for a lost reader and reports an error when ffmpeg exits a little later.
    super({ emitClose: false, autoDestroy: false, highWaterMark: 1 << 20 });
    this.#start = start;
  }

  /** True once the header has come. */
  get started(): boolean {
    return this.#receiver !== undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    void this.#take(chunk)
      .catch((error: unknown) => {
        this.failure = error as Error;
      })
      .then(done);
  }

  async #take(chunk: Buffer): Promise<void> {
    if (this.failure) return;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    if (!this.#receiver) {
      if (bytes.length < 24 || bytes.length < bytes.readUInt32BE(4)) {
        this.#rest = bytes;
        return;
      }
      start = bytes.readUInt32BE(4);
      this.#channels = bytes.readUInt32BE(20);
      this.#receiver = this.#start(bytes.readUInt32BE(16), this.#channels);
    }
    const frameBytes = 4 * this.#channels;
    const end = start + Math.floor((bytes.length - start) / frameBytes) * frameBytes;
    this.#rest = bytes.subarray(end);
    const swapped = Buffer.from(bytes.subarray(start, end)).swap32();
    const aligned = new Uint8Array(swapped);
    await this.#receiver(new Float32Array(aligned.buffer));
  }
}
