// The table of the benchmarks: one heading for lines of one kind, figures under their titles.
import { expect, it } from 'vitest';
import { Table } from '../../bench/table.js';

it('repeats the heading only when the columns change, and keeps figures under it', () => {
  let text = '';
  const table = new Table((part) => {
    text += part;
  });
  table.add({ size: 'small', ms: 57, peerMs: 93, ratio: 1.63 });
  table.add({ size: 'paper', ms: 2170, peerMs: null, ratio: null });
  table.add({ name: 'from disk', rows: 50_000, peakMiB: 208 });
  const lines = text.split('\n');
  expect(lines.filter((line) => line.startsWith('what'))).toHaveLength(2);
  const [heading, , small, paper] = lines as [string, string, string, string];
  expect(small.indexOf('1.63') + '1.63'.length).toBe(heading.indexOf('peer/ours') + 'peer/ours'.length);
  expect(paper).toMatch(/^paper +2170 +- +-$/);
});
