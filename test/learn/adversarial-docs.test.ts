// docs/adversarial.md: the settings that it gives for wav2vec-U 2.0 are accepted, and are those of the paper.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { learnConfig } from '../../src/learn/config.js';

const page = readFileSync(new URL('../../docs/adversarial.md', import.meta.url), 'utf8');

it('gives the constants of wav2vec-U 2.0', () => {
  const { learn } = parse(/```yaml\n([^`]*)```/.exec(page)![1]!) as { learn: ConfigTree };
  const { method, gan } = resolveConfig(learnConfig, [learn], 'docs');
  expect(method).toBe('gan');
  expect(gan).toMatchObject({
    input: 'frames',
    batch: 160,
    updates: 150_000,
    clipNorm: 5,
    gradientPenalty: 1,
    codePenalty: 3,
    smoothness: 1.5,
    generator: {
      kernel: 9,
      stride: 3,
      padding: 4,
      batchNorm: 30,
      residual: true,
      dropout: 0.1,
      lr: 5e-5,
      weightDecay: 0,
    },
    discriminator: { dim: 384, depth: 2, kernel: 8, lr: 3e-4, weightDecay: 1e-4 },
    auxiliary: { weight: 0.5, classes: 64, pads: true },
    adam: { betas: [0.5, 0.98], eps: 1e-6 },
  });
});

it('names every figure that is watched', () => {
  for (const field of ['gradientNorm', 'clipped', 'discriminatorAccuracy', 'codePerplexity', 'lengthRatio'])
    expect(page).toContain(`\`${field}\``);
});
