// The order of an adversarial training: which network an update trains, and its how-manieth step that is.
import type { UpdateMetrics } from './metrics.js';

/**
 * The network that an update trains, and its how-manieth step it is: in turn, after
 * `warmUp` steps of the discriminator.
 */
export function turnOf(update: number, warmUp: number): { network: UpdateMetrics['network']; step: number } {
  if (update < warmUp) return { network: 'discriminator', step: update + 1 };
  const turn = update - warmUp;
  const step = Math.floor(turn / 2) + 1;
  return turn % 2 === 0 ? { network: 'generator', step } : { network: 'discriminator', step: warmUp + step };
}
