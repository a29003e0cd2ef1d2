// Settings of how speech is changed before a network learns from it.
import { z } from 'zod';
import { section } from '../core/config.js';

export const range = (low: number, high: number, least: number, most: number) => {
  const bounded = z.number().min(least).max(most);
  return z.tuple([bounded, bounded]).default([low, high]);
};

export const share = (value: number) => z.number().min(0).max(1).default(value);

export const count = (value: number, most: number) => z.number().int().min(1).max(most).default(value);

export interface Changes {
  readonly equaliser: number;
  readonly reverberation: [number, number];
  readonly noise: [number, number];
  readonly warp: [number, number];
  readonly speed: number;
  readonly masks: number;
}

/** How speech is changed before it is learned from. */
export const changes = (defaults: Changes) =>
  section({
    equaliser: z
      .number()
      .nonnegative()
      .max(100)
      .default(defaults.equaliser)
      .describe('dB, largest boost or cut of a smooth random filter'),
    reverberation: range(...defaults.reverberation, 0.001, 10).describe(
      's, decay by 60 dB; half of the utterances have an echo',
    ),
    noise: range(...defaults.noise, -100, 200).describe('dB, signal over coloured noise'),
    warp: range(...defaults.warp, 0.2, 5).describe('vocal-tract factor applied to the bands'),
    speed: z
      .number()
      .nonnegative()
      .max(2)
      .default(defaults.speed)
      .describe('largest natural log of the change of speed'),
    masks: z
      .number()
      .int()
      .nonnegative()
      .max(100)
      .default(defaults.masks)
      .describe('SpecAugment: masks in time (per 2.5 s) and in frequency'),
  });
