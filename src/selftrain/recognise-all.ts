// What a pass' model hears in every utterance of the corpus: in pieces, which cores and machines share, put together in
// the order of decode's hypotheses, as records and as Kaldi text.
import { join } from 'node:path';
import { z } from 'zod';
import { held } from '../core/disposal.js';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import { readLeftOut } from '../core/left-out.js';
import { ranges } from '../core/pieces.js';
import { hypothesisSchema, type Hypothesis, type Utterance } from '../core/records.js';
import { decoderSettings, loadDecoder } from '../decode/decoder-files.js';
import { hypothesisFiles, writeHypothesisTexts } from '../decode/hypothesis-texts.js';
import { decodeUtterance } from '../decode/utterance.js';
import { loadEmission } from '../learn/emission.js';
import type { SelftrainIo } from './config.js';
import { readCorpus, type SelftrainCorpus } from './corpus.js';
import { isBandPass, openBands, workFolder } from './ctc-pass.js';
import { readVoices } from './train-pass.js';

const utterancesInPiece = 250;
const foundFile = 'found.jsonl';
const pieceSchema = z.object({
  /** Folders of the model and of its decoder, inside the stage's. */
  folder: z.string(),
  decoder: z.string(),
  first: z.number().int(),
  end: z.number().int(),
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
  { utterances }: Pick<SelftrainCorpus, 'utterances'>,
  { name, folder, decoder, words }: PassRecogniser,
  out: string,
): Promise<void> {
  const inside = (path: string): string => path.slice(io.out.length + 1);
  const pieces = await io.pieces(
    ranges(utterances.length, Math.min(io.shardItems, utterancesInPiece)).map(({ name: range, first, end }) => ({
      name: `${name}-${range}`,
      input: { folder: inside(folder), decoder: inside(decoder), first, end } satisfies z.infer<typeof pieceSchema>,
    })),
  );
  await using records = await JsonlWriter.create(join(out, hypothesisFiles.records));
  const found = new Map<string, Pick<Hypothesis, 'phones' | 'words'>>();
  for (const piece of pieces)
    for await (const { id, ...recognised } of readJsonl(join(piece, foundFile), foundSchema)) found.set(id, recognised);
  for await (const { id, recording, split } of readJsonl(
    join(io.inputs.decode, hypothesisFiles.records),
    hypothesisSchema,
  ))
    await records.write({
      id,
      recording,
      split,
      ...(found.get(id) ?? { phones: [], ...(words ? { words: [] } : {}) }),
    } satisfies Hypothesis);
  await records.close();
  await writeHypothesisTexts(out, words);
}

export async function recognisePiece(
  io: Omit<SelftrainIo, 'pieces' | 'shardItems'> & { readonly stageOut: string },
  input: unknown,
): Promise<void> {
  const { folder, decoder: decoderPath, first, end } = pieceSchema.parse(input);
  const corpus = await readCorpus(io.inputs, await readLeftOut(join(io.stageOut, workFolder)));
  const pass = join(io.stageOut, folder);
  const { method } = await decoderSettings(join(io.stageOut, decoderPath));
  await using model = held(await loadEmission(pass, io.compute, method === 'greedy'));
  const decoder = await loadDecoder(join(io.stageOut, decoderPath), model);
  const bands = (await isBandPass(pass)) ? await openBands(io.stageOut) : undefined;
  const voices = await readVoices(pass);
  const grid = bands?.grid ?? corpus.grid;
  await using writer = await JsonlWriter.create(join(io.out, foundFile));
  const framesOf = async ({
    id,
  }: Utterance): Promise<{ data: Float32Array; rows: number; dim: number } | undefined> => {
    const frames = bands?.frames ?? corpus.frames;
    if (!frames.has(id)) return undefined;
    const { data, rows, columns } = await frames.read(id);
    return { data, rows, dim: columns };
  };
  try {
    for (const utterance of corpus.utterances.slice(first, end)) {
      io.signal?.throwIfAborted();
      const frames = await framesOf(utterance);
      if (!frames || frames.rows === 0) continue;
      const emission = await model.emit({ ...noSegments, frames, voice: voices?.get(utterance.speaker) });
      const { phones, words } = decodeUtterance(emission, decoder, utterance.regions, grid);
      await writer.write({ id: utterance.id, phones, ...(words ? { words } : {}) } satisfies z.infer<
        typeof foundSchema
      >);
    }
    await writer.close();
  } finally {
    await bands?.frames.close();
    await corpus.close();
  }
}

/** Models of passes hear frames. */
const noSegments = { pooled: new Float32Array(0), segments: 0, columns: 0, units: [], ends: [] };
