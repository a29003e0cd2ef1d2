// Kinds of numbers among the settings of adversarial training: a default, what it means, and its bounds.
import { z } from 'zod';

export const count = (fallback: number, text: string, most: number) =>
  z.number().int().positive().max(most).default(fallback).describe(text);
export const weight = (fallback: number, text: string, most = 1e6) =>
  z.number().nonnegative().max(most).default(fallback).describe(text);
export const share = (fallback: number, text: string) => z.number().min(0).max(1).default(fallback).describe(text);
