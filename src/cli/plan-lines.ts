// What `--dry-run` prints: a line for each step of a plan, and below it one for each stage that it makes inside.
import type { StepState } from '../recipe/plan.js';

export const planLines = (states: readonly StepState[], indent = ''): string =>
  states
    .map(
      ({ stage, upToDate, reason, inside = [] }) =>
        `${(indent + stage).padEnd(10)} ${upToDate ? 'up to date' : `would run: ${reason}`}\n` +
        planLines(inside, `${indent}  `),
    )
    .join('');
