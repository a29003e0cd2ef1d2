// What every emission model takes and gives, whatever its kind: the contract between src/learn and decoding.

/** What is known of one utterance; a model uses what its kind needs. */
export interface EmissionInput {
  /** [segments, columns] pooled vectors. */
  readonly pooled: Float32Array;
  readonly segments: number;
  readonly columns: number;
  /** [segments] unit numbers. */
  readonly units: ArrayLike<number>;
  /** [segments] first frame after each segment. */
  readonly ends: ArrayLike<number>;
  /** Normalised frames [rows, dim]; needed where `needsFrames` is true. */
  readonly frames?: { readonly data: Float32Array; readonly rows: number; readonly dim: number };
  /** What `findVoice` found of whoever speaks. */
  readonly voice?: Float64Array | undefined;
}

export interface Emission {
  /** [rows, phones] natural log-probabilities. */
  readonly logProbs: Float32Array;
  readonly rows: number;
  /** [rows] first frame after each row. */
  readonly ends: Int32Array;
  /**
   * What an HMM decides on, for a search with a better language model than its bigram; `logProbs` is its own best path.
   */
  readonly states?: StateScores;
}

/** Scores of every HMM state at every frame: column v * statesPerPhone + c is state c of phone v. */
export interface StateScores {
  /** [frames, columns * statesPerPhone] natural log densities. */
  readonly logDensities: Float32Array;
  readonly frames: number;
  /** Phones, and silence where `silence` is its column. */
  readonly columns: number;
  readonly silence?: number;
  /** [frames] first frame of the features after each; one for one where it is left out. */
  readonly ends?: Int32Array;
  /** States of a phone, passed from left to right, each for at least one frame. */
  readonly statesPerPhone: number;
  /** Probability of staying in a state for one more frame. */
  readonly stay: number;
  /** Exponent of the densities against the language model. */
  readonly acousticScale: number;
}

export interface EmissionModel {
  /** Symbols of the columns, silence included. */
  readonly phones: readonly string[];
  readonly silence: string;
  /** True where `emit` works on frames instead of segments. */
  readonly needsFrames: boolean;
  /** How many phones a second it was fitted to find, where it was. */
  readonly phonesPerSecond?: number;
  /** @throws AsrError 'input' when the utterance does not fit the model */
  emit(input: EmissionInput): Promise<Emission>;
  /**
   * Of models that hear a voice better once they know it: listens to utterances of one.
   * @returns `voice` of their inputs; undefined where there is too little of it
   */
  findVoice?(utterances: readonly NonNullable<EmissionInput['frames']>[]): Promise<Float64Array | undefined>;
  dispose(): Promise<void>;
}

/** Symbols of a model; the search keeps numbers for each pair of them. */
export const mostPhones = 4096;

/** Log-probability of what a model knows nothing of (silence in a table); finite, so that sums stay finite. */
export const impossible = Math.log(1e-8);
