// The audio stage's folder in, recordings and their samples out: how later stages read what `audio` decoded.
import { join } from 'node:path';
import { readJsonl } from '../core/jsonl.js';
import { recordingSchema, type Recording } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { fromGrid } from './mono.js';

/** The recordings of an audio stage folder, in its order. */
export function readRecordings(folder: string): AsyncGenerator<Recording> {
  return readJsonl(join(folder, 'recordings.jsonl'), recordingSchema);
}

/** Samples by recording id. */
export class SampleReader {
  readonly #shards: ShardReader;

  private constructor(shards: ShardReader) {
    this.#shards = shards;
  }

  /** @param folder of a finished audio stage */
  static async open(folder: string): Promise<SampleReader> {
    return new SampleReader(await ShardReader.open(join(folder, 'samples')));
  }

  /** Mono, 16 kHz, full scale 1. @throws AsrError 'input' when the recording is not there */
  async read(recording: string): Promise<Float32Array> {
    return fromGrid((await this.#shards.read(recording)).data);
  }

  async close(): Promise<void> {
    await this.#shards.close();
  }
}
