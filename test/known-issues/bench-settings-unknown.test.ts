import { expect, test } from 'vitest';
import { benchPhase } from '../../bench/phase.js';

test('settings that the bench does not know are refused, and not trained as the recommended ones', async () => {
  const lines = benchPhase({
    compute: { engine: 'cpu', threads: 1 },
    text: undefined,
    conditions: [{ purity: 1, boundary: 0, hours: 0.1, sentences: 100 }],
    seeds: [1],
    settings: ['recommended', 'relativistic'],
    size: 'small',
    updates: 1,
    file: 'not-written.jsonl',
  });
  await expect(lines.next()).rejects.toThrow('"relativistic"');
});
