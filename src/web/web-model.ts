// What a folder of `asr export --web` holds of a model, for those who write it and for the browser that reads it:
// settings in JSON, numbers as one file of named arrays, and graphs.
import type { ModelRecord } from '../bundle/model-record.js';
import type { DecodeConfig } from '../decode/config.js';
import type { Symbols } from '../learn/emission.js';
import type { NetworkRecord } from '../learn/network-emission.js';

/** Raised when pages of before could not use the folder any more. */
export const webVersion = 1;

export const webFiles = {
  settings: 'model.json',
  arrays: 'model.bin',
  frames: 'frames.onnx',
  scores: 'scores.onnx',
  gaussians: 'gaussians.onnx',
  detector: 'silero_vad.onnx',
} as const;

/** What computes the scores of phones, beside its graphs and arrays. */
export type WebEmission =
  | {
      readonly kind: 'hmm';
      readonly dim: number;
      readonly statesPerPhone: number;
      readonly states: number;
      readonly stay: number;
      /** Phones with states of their own. */
      readonly modelled: number;
      readonly acousticScale: number;
    }
  | { readonly kind: 'generator'; readonly kernel: number; readonly pad: number; readonly stride: number }
  | { readonly kind: 'ctc'; readonly bands: number; readonly channels: number }
  | { readonly kind: 'network'; readonly record: NetworkRecord };

export interface WebModel {
  readonly version: typeof webVersion;
  readonly name: string;
  /** Markdown. */
  readonly card: string;
  /** Whether people are shown words. */
  readonly words: boolean;
  /** Without checksums: what is written was checked. */
  readonly record: ModelRecord;
  /** Columns of the scores. */
  readonly symbols: Symbols;
  /** Settings of the decoder, chosen weights included. */
  readonly decode: DecodeConfig;
  readonly emission: WebEmission;
  /** Order of each language model that is there. */
  readonly lms: Readonly<Record<string, number>>;
}

type NamedArray = Uint8Array | Int32Array | Float32Array | Float64Array;
export type NamedArrays = Readonly<Record<string, NamedArray>>;

const kinds = { u8: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array } as const;
type Kind = keyof typeof kinds;
interface StoredArray {
  readonly name: string;
  readonly kind: Kind;
  /** Bytes from the end of the header, a multiple of eight; values. */
  readonly at: number;
  readonly length: number;
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Length of the header in four bytes, little-endian; the header; the arrays, each at a multiple of eight bytes. */
export function packNamed(arrays: NamedArrays): Uint8Array<ArrayBuffer> {
  const stored: StoredArray[] = [];
  let size = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const kind = (Object.keys(kinds) as Kind[]).find((known) => array instanceof kinds[known]) ?? 'u8';
    stored.push({ name, kind, at: size, length: array.length });
    size += aligned(array.byteLength);
  }
  const header = new TextEncoder().encode(JSON.stringify(stored));
  const start = aligned(4 + header.length);
  const bytes = new Uint8Array(start + size);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  for (const { name, at } of stored) {
    const array = arrays[name]!;
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + at);
  }
  return bytes;
}

/** @throws RangeError where the file is cut short */
export function unpackNamed(buffer: ArrayBuffer): NamedArrays {
  const length = new DataView(buffer).getUint32(0, true);
  const stored = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as StoredArray[];
  const start = aligned(4 + length);
  return Object.fromEntries(stored.map((one) => [one.name, new kinds[one.kind](buffer, start + one.at, one.length)]));
}

/** Texts of a list as one array, and back. */
export const packTexts = (texts: readonly string[]): Uint8Array => new TextEncoder().encode(texts.join('\n'));
export const unpackTexts = (bytes: Uint8Array): string[] => new TextDecoder().decode(bytes).split('\n');
