// Utterances in, crops of one length out: they are laid end to end on a tape, which is cut, so that no crop holds
// padding. One utterance at a time is in memory.

/** An utterance as the network hears it. */
export interface TapedSpeech {
  /** [rows, bands] */
  readonly data: Float32Array;
  readonly rows: number;
  /** [rows, labels] of every frame. */
  readonly labels: Int16Array;
}

export interface Crop {
  /** [crop, bands] */
  readonly data: Float32Array;
  /** [crop / stride, labels] those of every row's frame. */
  readonly labels: Int16Array;
}

export interface CropForm {
  /** Frames; a multiple of the stride. */
  readonly crop: number;
  readonly bands: number;
  /** Frames from one row of labels to the next. */
  readonly stride: number;
  /** Labels of a row. */
  readonly width: number;
}

export async function* cutTape(speech: AsyncIterable<TapedSpeech>, form: CropForm): AsyncGenerator<Crop> {
  const { crop, bands, stride, width } = form;
  let tape = emptyCrops(1, form);
  let filled = 0;
  for await (const { data, rows, labels } of speech) {
    for (let from = 0; from < rows;) {
      const taken = Math.min(crop - filled, rows - from);
      tape.data.set(data.subarray(from * bands, (from + taken) * bands), filled * bands);
      for (let t = Math.ceil(filled / stride) * stride; t < filled + taken; t += stride)
        for (let n = 0; n < width; n++)
          tape.labels[(t / stride) * width + n] = labels[(from + t - filled) * width + n]!;
      filled += taken;
      from += taken;
      if (filled < crop) continue;
      yield tape;
      tape = emptyCrops(1, form);
      filled = 0;
    }
  }
}

/**
 * Crops one behind the other.
 * @param next gives the crop for each place in the batch; undefined ends them
 * @returns data [count, crop, bands], labels [count, crop / stride, labels]
 */
export async function gatherCrops(
  next: (slot: number) => Promise<Crop | undefined>,
  count: number,
  form: CropForm,
): Promise<Crop | undefined> {
  const batch = emptyCrops(count, form);
  for (let slot = 0; slot < count; slot++) {
    const found = await next(slot);
    if (!found) return undefined;
    batch.data.set(found.data, slot * found.data.length);
    batch.labels.set(found.labels, slot * found.labels.length);
  }
  return batch;
}

const emptyCrops = (count: number, { crop, bands, stride, width }: CropForm): Crop => ({
  data: new Float32Array(count * crop * bands),
  labels: new Int16Array(count * (crop / stride) * width),
});
