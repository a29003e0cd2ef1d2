// Walks through an alignment state by state with the phones beside each.
import type { Alignment } from './alignment.js';

/** A phone between two others. */
export interface PhoneContext {
  readonly left: number;
  readonly phone: number;
  readonly right: number;
}

/** @param phones without silence; that number stands before and after an utterance */
export function visitContexts(
  { phones: path, ends }: Alignment,
  phones: number,
  statesPerPhone: number,
  visit: (context: PhoneContext, c: number, from: number, end: number) => void,
): void {
  let from = 0;
  for (let i = 0; i < path.length; i++) {
    const left = i > 0 ? path[i - 1]! : phones;
    const right = i + 1 < path.length ? path[i + 1]! : phones;
    const context = { left, phone: path[i]!, right };
    for (let c = 0; c < statesPerPhone; c++) {
      const end = ends[i * statesPerPhone + c]!;
      visit(context, c, from, end);
      from = end;
    }
  }
}
