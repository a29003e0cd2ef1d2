// An utterance of which is known what is said in it, and not yet when: what every labelled source gives.

export interface SaidUtterance {
  readonly id: string;
  readonly speaker: string;
  /** Mono, 16 kHz, full scale 1; speech alone. */
  readonly samples: Float32Array;
  /** In the symbols of its own language. */
  readonly phones: readonly string[];
}
