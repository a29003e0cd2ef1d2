// Alignments: which phone was spoken when, by a person or a supervised aligner. For measuring features only: no stage
// reads them (test/imports.test.ts), and nothing is learned from them but the probe that is thrown away.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { samplesOf, secondsOf, type Samples } from '../core/time.js';

export interface AlignedPhone {
  readonly phone: string;
  /** Samples of the recording, half-open. */
  readonly start: Samples;
  readonly end: Samples;
}

const cell = /^(\S+?):(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/;
const hint =
  'Expected a table whose first column is the id and one of whose columns holds `phone:start:end …` in seconds, or ' +
  'CTM lines `id channel start duration phone`, or a first line `#file onset offset #phone` (DiscoPhon).';
/** The first line of a benchmark's alignment: onset and offset are seconds from here on. */
const intervalHeader = /^#file\s+onset\s+offset\s+#phone\b/;

/** Phones of each recording, in order. @throws AsrError 'input' with file and line where neither form fits */
export async function readAlignment(path: string): Promise<Map<string, AlignedPhone[]>> {
  const aligned = new Map<string, AlignedPhone[]>();
  let number = 0;
  let intervals = false;
  const add = (id: string, phone: AlignedPhone): void => {
    const before = aligned.get(id);
    if (before) before.push(phone);
    else aligned.set(id, [phone]);
  };
  for await (const line of readLines(path)) {
    number++;
    if (line.trim() === '' || line.startsWith(';;')) continue;
    if (number === 1 && intervalHeader.test(line)) {
      intervals = true;
      continue;
    }
    if (intervals) {
      const [id = '', onset = '', offset = '', phone = ''] = line.trim().split(/\s+/);
      add(id, phoneOf(`${phone}:${onset}:${offset}`, `${path}, line ${number}`));
      continue;
    }
    const columns = line.split('\t');
    const items = columns.slice(1).find((column) => column !== '' && cell.test(column.split(' ')[0] as string));
    if (items !== undefined) {
      aligned.set(
        columns[0] as string,
        items
          .trim()
          .split(/\s+/)
          .map((item) => phoneOf(item, `${path}, line ${number}`)),
      );
      continue;
    }
    const [id, , start, duration, phone] = line.trim().split(/\s+/);
    if (
      id !== undefined &&
      phone !== undefined &&
      Number.isFinite(Number(start)) &&
      Number.isFinite(Number(duration))
    ) {
      const from = samplesOf(Number(start));
      add(id, { phone, start: from, end: (from + samplesOf(Number(duration))) as Samples });
    } else if (number > 1 && columns.length === 1) {
      // a table may have a header, and rows that nobody aligned
      throw new AsrError('input', `${path}, line ${number}: no alignment`, hint);
    }
  }
  if (aligned.size === 0) throw new AsrError('input', `${path}: holds no alignment`, hint);
  return aligned;
}

function phoneOf(item: string, where: string): AlignedPhone {
  const [, phone, start, end] = cell.exec(item) ?? [];
  if (phone === undefined || Number(end) < Number(start))
    throw new AsrError('input', `${where}: "${item}" is not \`phone:start:end\``, hint);
  return { phone, start: samplesOf(Number(start)), end: samplesOf(Number(end)) };
}

/**
 * As CTM, with a first line that says what it is.
 * @throws AsrError 'usage' inside a run or a stage's folder: labels have no place where training reads
 */
export async function writeAlignment(
  path: string,
  alignment: ReadonlyMap<string, readonly AlignedPhone[]>,
): Promise<void> {
  for (let folder = dirname(resolve(path)); folder !== dirname(folder); folder = dirname(folder)) {
    if (['stage.json', 'config.yaml', 'model.json'].some((name) => existsSync(join(folder, name))))
      throw new AsrError(
        'usage',
        `${path}: an alignment with labels would lie inside ${folder}, which training reads`,
        'Keep it outside of runs and models.',
      );
  }
  const seconds = (samples: Samples): string => secondsOf(samples).toFixed(4);
  const lines = [...alignment].flatMap(([id, phones]) =>
    phones.map(({ phone, start, end }) => `${id} 1 ${seconds(start)} ${seconds((end - start) as Samples)} ${phone}`),
  );
  await writeFile(path, `;; supervised alignment of references, for evaluation only\n${lines.join('\n')}\n`);
}
