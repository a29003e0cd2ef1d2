// What a pass' model hears in every utterance of the corpus: in pieces, which cores and machines share, put together in
// the order of decode's hypotheses, as records and as Kaldi text.
import { join } from 'node:path';
import { z } from 'zod';
import { held } from '../core/disposal.js';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import { readLeftOut } from '../core/left-out.js';
import { hypothesisSchema, type Hypothesis, type Utterance } from '../core/records.js';
import { indexPath } from '../core/shards.js';
import { divideManifest, stretchSchema } from '../core/stretches.js';
import { decoderSettings, loadDecoder } from '../decode/decoder-files.js';
import { hypothesisFiles, writeHypothesisTexts } from '../decode/hypothesis-texts.js';
import { RecordsInOrder } from '../decode/inputs.js';
import { decodeUtterance } from '../decode/utterance.js';
import { framesFolder, openFrames, readFeaturesInfo } from '../features/folder.js';
import { loadEmission } from '../learn/emission.js';
import { readUtterances, utterancesPath } from '../vad/folder.js';
import type { SelftrainIo } from './config.js';
import { bandsOf, isBandPass, openBands, workFolder } from './ctc-pass.js';
import { readVoices } from './train-pass.js';

const utterancesInPiece = 250;
const foundFile = 'found.jsonl';
const pieceSchema = z.object({
  /** Folders of the model and of its decoder, inside the stage's. */
  folder: z.string(),
  decoder: z.string(),
  ...stretchSchema.shape,
});
const foundSchema = hypothesisSchema.pick({ id: true, phones: true, words: true });

/** What recognises: a pass' model and a decoder, folders inside the stage's. */
export interface PassRecogniser {
  /** Of its pieces. */
  readonly name: string;
  readonly folder: string;
  readonly decoder: string;
  readonly words: boolean;
}

/** Every utterance, in pieces, put together in the order of the manifest. @param out where the hypotheses go */
export async function recogniseAll(
  io: SelftrainIo,
  { name, folder, decoder, words }: PassRecogniser,
  out: string,
): Promise<void> {
  const inside = (path: string): string => path.slice(io.out.length + 1);
  const others = [io.inputs.features, ...((await isBandPass(folder)) ? [bandsOf(io.out)] : [])];
  const stretches = await divideManifest(
    utterancesPath(io.inputs.vad),
    others.map((features) => ({ path: indexPath(framesFolder(features)) })),
    Math.min(io.shardItems, utterancesInPiece),
  );
  const pieces = await io.pieces(
    stretches.map(({ name: range, ...stretch }) => ({
      name: `${name}-${range}`,
      input: { folder: inside(folder), decoder: inside(decoder), ...stretch } satisfies z.infer<typeof pieceSchema>,
    })),
  );
  await using records = await JsonlWriter.create(join(out, hypothesisFiles.records));
  const found = new RecordsInOrder(io.out, foundIn(pieces));
  for await (const { id, recording, split } of readJsonl(
    join(io.inputs.decode, hypothesisFiles.records),
    hypothesisSchema,
  )) {
    const recognised = (await found.take(id)) ?? { phones: [], ...(words ? { words: [] } : {}) };
    await records.write({ id, recording, split, ...recognised } satisfies Hypothesis);
  }
  await found.expectEnd();
  await records.close();
  await writeHypothesisTexts(out, words);
}

async function* foundIn(pieces: readonly string[]): AsyncGenerator<z.infer<typeof foundSchema>> {
  for (const piece of pieces) yield* readJsonl(join(piece, foundFile), foundSchema);
}

export async function recognisePiece(
  io: Omit<SelftrainIo, 'pieces' | 'shardItems'> & { readonly stageOut: string },
  input: unknown,
): Promise<void> {
  const { folder, decoder: decoderPath, bytes } = pieceSchema.parse(input);
  const [utteranceBytes, frameBytes, bandBytes] = bytes;
  const leftOut = await readLeftOut(join(io.stageOut, workFolder));
  const frames = await openFrames(io.inputs.features, frameBytes);
  const pass = join(io.stageOut, folder);
  const { method } = await decoderSettings(join(io.stageOut, decoderPath));
  await using model = held(await loadEmission(pass, io.compute, method === 'greedy'));
  const decoder = await loadDecoder(join(io.stageOut, decoderPath), model);
  const bands = (await isBandPass(pass)) ? await openBands(io.stageOut, bandBytes) : undefined;
  const voices = await readVoices(pass);
  const grid = bands?.grid ?? (await readFeaturesInfo(io.inputs.features));
  await using writer = await JsonlWriter.create(join(io.out, foundFile));
  const framesOf = async ({
    id,
  }: Utterance): Promise<{ data: Float32Array; rows: number; dim: number } | undefined> => {
    const heard = bands?.frames ?? frames;
    if (leftOut.has(id) || !frames.has(id) || !heard.has(id)) return undefined;
    const { data, rows, columns } = await heard.read(id);
    return { data, rows, dim: columns };
  };
  try {
    for await (const utterance of readUtterances(io.inputs.vad, utteranceBytes)) {
      io.signal?.throwIfAborted();
      const own = await framesOf(utterance);
      if (!own || own.rows === 0) continue;
      const emission = await model.emit({ ...noSegments, frames: own, voice: voices?.get(utterance.speaker) });
      const { phones, words } = decodeUtterance(emission, decoder, utterance.regions, grid);
      await writer.write({ id: utterance.id, phones, ...(words ? { words } : {}) } satisfies z.infer<
        typeof foundSchema
      >);
    }
    await writer.close();
  } finally {
    await bands?.frames.close();
    await frames.close();
  }
}

/** Models of passes hear frames. */
const noSegments = { pooled: new Float32Array(0), segments: 0, columns: 0, units: [], ends: [] };
