// The audio stage's folder in, recordings and their samples out: how later stages read what `audio` decoded.
import { join } from 'node:path';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import { recordingSchema, type Recording } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import type { ByteRange } from '../core/stretches.js';
import { fromGrid } from './mono.js';

const recordingsPath = (folder: string): string => join(folder, 'recordings.jsonl');

/** The recordings of an audio stage folder, in its order. */
export function readRecordings(folder: string): AsyncGenerator<Recording> {
  return readJsonl(recordingsPath(folder), recordingSchema);
}

export const createRecordings = (folder: string): Promise<JsonlWriter> => JsonlWriter.create(recordingsPath(folder));

export const samplesFolder = (folder: string): string => join(folder, 'samples');

/** Samples by recording id. */
export class SampleReader {
  readonly #shards: ShardReader;

  private constructor(shards: ShardReader) {
    this.#shards = shards;
  }

  /** @param folder of a finished audio stage. @param bytes of its index: recordings of a stretch alone */
  static async open(folder: string, bytes?: ByteRange): Promise<SampleReader> {
    return new SampleReader(await ShardReader.open(samplesFolder(folder), bytes));
  }

  get recordings(): number {
    return this.#shards.size;
  }

  has(recording: string): boolean {
    return this.#shards.has(recording);
  }

  /** Samples of a recording, without reading them. @throws AsrError 'input' when the recording is not there */
  lengthOf(recording: string): number {
    return this.#shards.rowsOf(recording);
  }

  /**
   * Mono, 16 kHz, on the 16-bit grid (`fromGrid`): 2 bytes a sample.
   * @throws AsrError 'input' when the recording is not there
   */
  readGrid(recording: string): Promise<Int16Array> {
    return this.#shards.readInt16(recording);
  }

  /** A whole recording, full scale 1. @throws AsrError 'input' when the recording is not there */
  async read(recording: string): Promise<Float32Array> {
    return this.readRange(recording, 0, this.lengthOf(recording));
  }

  /** Samples [start, end), full scale 1. @throws AsrError 'input' as above, RangeError beyond its end */
  async readRange(recording: string, start: number, end: number): Promise<Float32Array> {
    return fromGrid((await this.#shards.readRange(recording, start, end)).data);
  }

  close(): Promise<void> {
    return this.#shards.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
