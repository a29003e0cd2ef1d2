// The bytes that ffmpeg writes (Sun/NeXT audio, 32-bit big-endian floats) in, interleaved samples out as they come. The
// header tells rate and channels, so ffmpeg need not be asked before.

export class AuReader {
  #rest: Buffer = Buffer.alloc(0);
  #header: { readonly rate: number; readonly channels: number } | undefined;

  /** Hz and channels, once the header has come. */
  get header(): { readonly rate: number; readonly channels: number } | undefined {
    return this.#header;
  }

  /** @returns whole frames, full scale 1; none before the header is complete */
  push(chunk: Buffer): Float32Array {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    if (!this.#header) {
      if (bytes.length < 24 || bytes.length < bytes.readUInt32BE(4)) {
        this.#rest = bytes;
        return new Float32Array(0);
      }
      start = bytes.readUInt32BE(4);
      this.#header = { rate: bytes.readUInt32BE(16), channels: bytes.readUInt32BE(20) };
    }
    const frameBytes = 4 * Math.max(1, this.#header.channels);
    const end = start + Math.floor((bytes.length - start) / frameBytes) * frameBytes;
    this.#rest = bytes.subarray(end);
    const swapped = Buffer.from(bytes.subarray(start, end)).swap32();
    return new Float32Array(new Uint8Array(swapped).buffer);
  }
}
