// What a pass' model hears in every utterance of the corpus: in pieces, which cores and machines share, put together in the
// order of decode's hypotheses, as records and as Kaldi text.
import { join } from 'node:path';
import { z } from 'zod';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import { ranges } from '../core/pieces.js';
import { hypothesisSchema, type Hypothesis, type Utterance } from '../core/records.js';
import type { PieceIo, StageIo } from '../core/stage.js';
import { recordingSpan } from '../decode/timing.js';
import type { FrameGrid } from '../features/extractor.js';
import { TextWriter } from '../core/text-writer.js';
import type { FrameReader } from '../triphone/frame-view.js';
import type { SelftrainConfig } from './config.js';
import { readCorpus, type SelftrainCorpus } from './corpus.js';
import { isCtc } from './ctc-model.js';
import { createCtcRecogniser, openBands } from './ctc-pass.js';
import { hypothesisFiles } from './output.js';
import { createRecogniser, type Recogniser } from './recognise.js';
import { loadPass } from './train-pass.js';

export type Folders = Readonly<Record<'decode' | 'features' | 'text' | 'vad' | 'audio', string>>;

const utterancesInPiece = 250;
const foundFile = 'found.jsonl';
const pieceSchema = z.object({ pass: z.string(), folder: z.string(), first: z.number().int(), end: z.number().int() });
const foundSchema = hypothesisSchema.pick({ id: true, phones: true });

/** Every utterance by a pass' model, in pieces, put together in the order of the manifest. */
export async function recogniseAll(
  io: StageIo<SelftrainConfig>,
  corpus: SelftrainCorpus,
  name: string,
  folder: string,
): Promise<void> {
  const pieces = await io.pieces(
    ranges(corpus.utterances.length, Math.min(io.shardItems, utterancesInPiece)).map(({ name: range, first, end }) => ({
      name: `${name}-${range}`,
      input: { pass: name, folder: folder.slice(io.out.length + 1), first, end },
    })),
  );
  const records = await JsonlWriter.create(join(folder, hypothesisFiles.records));
  const text = await TextWriter.create(join(folder, hypothesisFiles.kaldi));
  const found = new Map<string, Hypothesis['phones']>();
  for (const piece of pieces) {
    for await (const { id, phones } of readJsonl(join(piece, foundFile), foundSchema)) found.set(id, phones);
  }
  for await (const hypothesis of readJsonl(join(io.inputs['decode']!, hypothesisFiles.records), hypothesisSchema)) {
    const phones = found.get(hypothesis.id) ?? [];
    await records.write({
      id: hypothesis.id,
      recording: hypothesis.recording,
      split: hypothesis.split,
      phones,
    } satisfies Hypothesis);
    await text.write(`${[hypothesis.id, ...phones.map(({ phone }) => phone)].join(' ')}\n`);
  }
  await records.close();
  await text.close();
}

function timed(
  { phones: symbols }: SelftrainCorpus,
  { hop, window }: FrameGrid,
  { regions }: Utterance,
  phones: Int32Array,
  ends: Int32Array,
  frames: number,
): Hypothesis['phones'] {
  return [...phones].flatMap((phone, i) => {
    const symbol = symbols[phone];
    return symbol === undefined
      ? []
      : [{ phone: symbol, ...recordingSpan(i === 0 ? 0 : ends[i - 1]!, ends[i]!, { regions, hop, window, frames }) }];
  });
}

/** A pass' model with the frames that it hears. */
interface PassListener {
  readonly recogniser: Recogniser;
  readonly frames: FrameReader;
  readonly has: (id: string) => boolean;
  readonly grid: FrameGrid;
  close(): Promise<void>;
}

async function openPass(io: PieceIo<SelftrainConfig>, corpus: SelftrainCorpus, folder: string): Promise<PassListener> {
  if (isCtc(folder)) {
    const { grid, frames } = await openBands(io.stageOut);
    return {
      recogniser: await createCtcRecogniser(folder, corpus, io.config.ctc, io.compute),
      frames,
      has: (id) => frames.has(id),
      grid,
      close: () => frames.close(),
    };
  }
  const { model, view } = await loadPass(corpus, folder);
  const { lmWeight, insertion, acousticScale, beam, maxActive } = io.config.hmm;
  const recogniser = await createRecogniser(
    model,
    { phones: corpus.phones, lm: corpus.lm, lmWeight, insertion, acousticScale, beam, maxActive },
    io.compute,
  );
  return { recogniser, frames: view, has: () => true, grid: corpus.grid, close: async () => undefined };
}

export async function recognisePiece(io: PieceIo<SelftrainConfig>, input: unknown): Promise<void> {
  const { folder, first, end } = pieceSchema.parse(input);
  const corpus = await readCorpus(io.inputs as Folders);
  const pass = await openPass(io, corpus, join(io.stageOut, folder));
  const writer = await JsonlWriter.create(join(io.out, foundFile));
  try {
    for (const utterance of corpus.utterances.slice(first, end)) {
      io.signal?.throwIfAborted();
      if (!pass.has(utterance.id)) continue;
      const { data, rows } = await pass.frames.read(utterance.id);
      const { phones, ends } = await pass.recogniser.recognise(data, rows);
      await writer.write({
        id: utterance.id,
        phones: timed(corpus, pass.grid, utterance, phones, ends, rows),
      } satisfies z.infer<typeof foundSchema>);
    }
  } finally {
    await writer.close();
    await pass.recogniser.dispose();
    await pass.close();
    await corpus.close();
  }
}
