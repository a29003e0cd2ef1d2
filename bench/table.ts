// Results for people: one aligned row each under a heading that is repeated when the columns change.

export type Line = Readonly<Record<string, number | string | boolean | null>>;

/** What a row shows where a line has it; --json has everything. */
const shown: readonly [key: string, title: string][] = [
  ['ms', 'ours ms'],
  ['peerMs', 'peer ms'],
  ['ratio', 'peer/ours'],
  ['cpuMs', 'ours CPU ms'],
  ['peerCpuMs', 'peer CPU ms'],
  ['cpuRatio', 'CPU ratio'],
  ['gflops', 'GFLOP/s'],
  ['shareOfPeak', 'of peak'],
  ['threads', 'threads'],
  ['timesRealTime', 'x real time'],
  ['sessions', 'sessions'],
  ['pairsPerSecond', 'pairs/s'],
  ['cpuMsPerPair', 'CPU ms a pair'],
  ['speed', 'speed'],
  ['converged', 'converged'],
  ['near', 'or near'],
  ['reached', 'after'],
  ['bestPer', 'best PER'],
  ['medianPer', 'median PER'],
  ['worstPer', 'worst PER'],
  ['meanPer', 'mean PER'],
  ['standardDeviation', 'std. dev.'],
  ['seeds', 'seeds'],
  ['updates', 'updates'],
  ['grade', 'grade'],
  ['per', 'PER'],
  ['oracle', 'oracle PER'],
  ['rows', 'rows'],
  ['files', 'files'],
  ['filesPerSecond', 'files/s'],
  ['filesPerCpuSecond', 'files/CPU s'],
  ['MiB', 'data MiB'],
  ['seconds', 'seconds'],
  ['cpuSeconds', 'CPU s'],
  ['power', 'power'],
  ['cpuHours', 'CPU h'],
  ['MiBPerHour', 'MiB/h'],
  ['peakMiB', 'peak MiB'],
  ['diskMiB', 'disk MiB'],
  ['value', 'ours finds'],
  ['peerValue', 'peer finds'],
  ['peer', 'peer'],
];
const nameWidth = 52;

const cell = (value: Line[string] | undefined): string => (value === undefined || value === null ? '-' : String(value));

export class Table {
  #heading = '';

  constructor(private readonly write: (text: string) => void) {}

  add(line: Line): void {
    const columns = shown.filter(([key]) => key in line);
    const heading = [
      'what'.padEnd(nameWidth),
      ...columns.map(([, title]) => title.padStart(Math.max(9, title.length))),
    ].join('  ');
    if (heading !== this.#heading)
      this.write(`${this.#heading === '' ? '' : '\n'}${heading}\n${'-'.repeat(heading.length)}\n`);
    this.#heading = heading;
    const name = cell(line['name'] ?? line['method'] ?? line['penalty'] ?? line['size']);
    this.write(
      `${[
        name.padEnd(nameWidth),
        ...columns.map(([key, title]) => cell(line[key]).padStart(Math.max(9, title.length))),
      ].join('  ')}` + '\n',
    );
  }
}
