// What all commands of the benchmarks have: their common options, and how lines are shown.
import { loadavg } from 'node:os';
import type { Command } from 'commander';
import { computeSchema } from '../src/core/stage.js';
import { Table, type Line } from './table.js';

export interface Common {
  json?: boolean;
  peer: boolean;
  threads: string;
  engine: string;
}

export const common = (command: Command): Command =>
  command
    .option('--json', 'one JSON line a result')
    .option('--no-peer', 'ours alone')
    .option('--threads <n>', 'threads of ours and of the peer', '2')
    .option('--engine <name>', 'where our graphs run', 'cpu');
export const computeOf = ({ threads, engine }: Common) => computeSchema.parse({ threads: Number(threads), engine });
const table = new Table((text) => {
  process.stdout.write(text);
});

export function print(line: Line, json: boolean | undefined): void {
  if (json) process.stdout.write(`${JSON.stringify({ ...line, load: Number((loadavg()[0] as number).toFixed(1)) })}\n`);
  else table.add(line);
}

export async function show(lines: AsyncIterable<Line>, json: boolean | undefined): Promise<void> {
  for await (const line of lines) print(line, json);
}
