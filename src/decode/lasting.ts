// How long phones last that a CTC model heard: it says when a phone is there, not for how long. Each lasts half-way to
// its neighbours; what lies between two that are far from each other is silence.

interface Stretch {
  readonly startFrame: number;
  readonly endFrame: number;
}

/** Frames between two phones from which on there is silence between them. */
export const longestGap = 20;

/** @param frames of the utterance */
export function lasting<T extends Stretch>(spans: readonly T[], frames: number): T[] {
  let start = 0;
  return spans.map((span, i) => {
    const before = spans[i - 1];
    const after = spans[i + 1];
    // The first begins with the utterance, as sound was cut at silence.
    const startFrame = before ? start : span.startFrame > longestGap ? span.startFrame : 0;
    const gap = (after?.startFrame ?? frames) - span.endFrame;
    const endFrame = gap > longestGap ? span.endFrame : after ? span.endFrame + (gap >> 1) : frames;
    start = gap > longestGap ? (after?.startFrame ?? frames) : endFrame;
    return { ...span, startFrame, endFrame };
  });
}
