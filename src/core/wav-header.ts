// The first 44 bytes of a wav file of 16-bit mono PCM. Written in one place, for programs and for the page: it needs
// nothing of Node.

/** @param samples that follow, two bytes each, little-endian. @param rate samples a second */
export function wavHeader(samples: number, rate: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44);
  const view = new DataView(bytes.buffer);
  const name = (at: number, letters: string): void => {
    for (let i = 0; i < letters.length; i++) view.setUint8(at + i, letters.charCodeAt(i));
  };
  name(0, 'RIFF');
  view.setUint32(4, 36 + 2 * samples, true);
  name(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // bytes of this chunk
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true); // bytes a second
  view.setUint16(32, 2, true); // bytes a sample
  view.setUint16(34, 16, true); // bits
  name(36, 'data');
  view.setUint32(40, 2 * samples, true);
  return bytes;
}

/** A whole file. Samples are copied as they lie in memory, which is little-endian wherever Node runs. */
export function wavFile(samples: Int16Array, rate: number): Uint8Array<ArrayBuffer> {
  const header = wavHeader(samples.length, rate);
  const bytes = new Uint8Array(header.length + samples.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), header.length);
  return bytes;
}
