// The emission model of HMMs of phones in context: frames in; one row for each phone that their own search finds, and
// for searches of words the density of each state of each phone in its likeliest context, out. Models trained on frames
// of a common speaker (fMLLR) first listen to all of a recording, where it is long enough to know a voice by.
import { join } from 'node:path';
import { z } from 'zod';
import { cepstraColumns, frameCepstra } from '../bootstrap/cepstra.js';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { readLm, writeLm } from '../lm/lm-file.js';
import type { NgramModel } from '../lm/ngram.js';
import { alignAll } from '../triphone/train.js';
import { FrameView } from '../triphone/frame-view.js';
import type { RowScores } from '../search/viterbi.js';
import { loadTriphone, triphoneFiles, type TriphoneModel } from '../triphone/model.js';
import { speakerMaps } from '../triphone/passes.js';
import type { EmissionInput, EmissionModel, StateScores } from './emission-model.js';
import { pathEmission } from './hmm-emission.js';
import { createRecogniser } from './triphone-recogniser.js';

export const triphoneSchema = z.object({
  kind: z.literal('triphone'),
  /** Silence is the last. */
  phones: z.array(z.string().min(1)).min(2).max(100_000),
  silence: z.string(),
  /** Frames are log-mel bands, which become cepstra. */
  cepstra: z.boolean(),
  lmWeight: z.number().min(0).max(1000),
  insertion: z.number().min(-100).max(100),
  acousticScale: z.number().positive().max(1000),
  beam: z.number().positive().max(1e6),
  maxActive: z.number().int().positive().max(100_000),
  /** Frames of a voice from which on it is moved to the common one; smaller recordings are heard as they are. */
  minSpeakerFrames: z
    .number()
    .int()
    .positive()
    .max(1 << 20),
  alignBeam: z.number().positive().max(1e6),
});
export type TriphoneRecord = z.infer<typeof triphoneSchema>;

/** Its own files and the language model of its own search. */
export const triphoneEmissionFiles = { ...triphoneFiles, lm: 'phone-lm.bin' } as const;

export const saveTriphoneLm = (folder: string, lm: NgramModel): Promise<void> =>
  writeLm(join(folder, triphoneEmissionFiles.lm), lm);

type Frames = NonNullable<EmissionInput['frames']>;
type Map = Float64Array | undefined;

/** @param pathOnly leaves the densities of states out */
export async function triphoneModel(
  folder: string,
  record: TriphoneRecord,
  compute: Compute,
  pathOnly: boolean,
): Promise<EmissionModel> {
  const { phones, silence, cepstra } = record;
  const model = await loadTriphone(folder);
  if (model.tied.phones !== phones.length - 1)
    throw new AsrError(
      'input',
      `${folder}: states of ${model.tied.phones} phones, but ${phones.length - 1} phones are named`,
      'The files of this model do not belong together; make it again.',
    );
  const lm = await readLm(join(folder, triphoneEmissionFiles.lm));
  const recogniser = await createRecogniser(model, { ...record, phones: phones.slice(0, -1), lm }, compute);
  const states = pathOnly ? [] : contextStates(model);
  const columns = cepstra ? cepstraColumns : model.map.columns;
  const base = ({ data, rows, dim }: Frames): { data: Float32Array; rows: number } => {
    const given = cepstra ? { data: frameCepstra(data, rows, dim), rows } : { data, rows };
    if (given.data.length === rows * columns) return given;
    throw new AsrError(
      'input',
      `emission: Gaussians over frames of ${columns} values were given frames of ${dim}`,
      'The features must be made with the settings that the model was trained on.',
    );
  };
  const view = (frames: Frames, map: Map): FrameView =>
    new FrameView({ read: async () => base(frames) }, model.map, () => map);
  const emit = async (frames: Frames | undefined, map: Map): ReturnType<EmissionModel['emit']> => {
    if (!frames) throw new AsrError('internal', 'emission: Gaussians over frames were given none');
    const { data, rows } = await view(frames, map).read('');
    const path = await recogniser.recognise(data, rows);
    const own = pathEmission(path, phones.length);
    if (pathOnly || rows < model.tied.statesPerPhone) return own;
    const densities = await recogniser.densities(data, rows);
    return { ...own, states: stateScores(model, states, densities, record.acousticScale) };
  };
  return {
    phones,
    silence,
    needsFrames: true,
    emit: ({ frames, voice }) => emit(frames, voice),
    ...(model.adapted
      ? {
          findVoice: (utterances) =>
            voiceMap(model, record, utterances, view, (frames, rows) => recogniser.recognise(frames, rows)),
        }
      : {}),
    dispose: () => recogniser.dispose(),
  };
}

/**
 * The map of one voice, from what is recognised of it without a map.
 * @returns undefined where there is too little of it
 */
async function voiceMap(
  model: TriphoneModel,
  { minSpeakerFrames, ...options }: TriphoneRecord,
  utterances: readonly Frames[],
  viewOf: (frames: Frames, map: Map) => FrameView,
  recognise: (frames: Float32Array, rows: number) => Promise<{ readonly phones: Int32Array }>,
): Promise<Map> {
  if (utterances.reduce((sum, { rows }) => sum + rows, 0) < minSpeakerFrames) return undefined;
  const labels = new Map<string, Int32Array>();
  const views = new Map(utterances.map((frames, i) => [String(i), viewOf(frames, undefined)]));
  for (const [id, view] of views) {
    const { data, rows } = await view.read(id);
    const { phones } = await recognise(data, rows);
    if (phones.length > 0) labels.set(id, phones);
  }
  const all = new FrameView({ read: async (id) => views.get(id)!.base.read(id) }, model.map);
  const alignments = await alignAll(model, all, labels, options);
  const maps = await speakerMaps(model, { unmoved: all }, alignments, {
    of: () => '',
    minFrames: minSpeakerFrames,
  });
  return maps.get('');
}

/** [modelled phones x statesPerPhone] the tied states that a state of a phone may be, by its neighbours. */
function contextStates({ tied }: TriphoneModel): Int32Array[] {
  const { phones, statesPerPhone, silence } = tied;
  const modelled = phones + Number(silence);
  return Array.from({ length: modelled * statesPerPhone }, (_, i) => {
    const found = new Set<number>();
    const phone = Math.floor(i / statesPerPhone);
    for (let left = 0; left <= phones; left++)
      for (let right = 0; right <= phones; right++) found.add(tied.of(left, phone, right, i % statesPerPhone));
    return Int32Array.from(found).sort();
  });
}

function stateScores(
  { tied: { statesPerPhone, phones, silence }, stay }: TriphoneModel,
  states: readonly Int32Array[],
  densities: RowScores,
  acousticScale: number,
): StateScores {
  const columns = phones + Number(silence);
  const width = states.length;
  const logDensities = new Float32Array(densities.rows * width);
  for (let t = 0; t < densities.rows; t++)
    states.forEach((own, i) => {
      let most = -Infinity;
      for (const p of own) most = Math.max(most, densities.at(p, t));
      logDensities[t * width + i] = most;
    });
  return {
    logDensities,
    frames: densities.rows,
    columns,
    ...(silence ? { silence: phones } : {}),
    statesPerPhone,
    stay: stay.reduce((sum, value) => sum + value, 0) / stay.length,
    acousticScale,
  };
}
