// What is said in an utterance, by its id, and a line of a file that says it.

export interface ReferenceTranscript {
  readonly id: string;
  /** What follows the id, in NFC; '' for an utterance in which nothing is said. */
  readonly text: string;
}

export interface LocatedLine {
  readonly line: string;
  readonly where: string;
}
