// The hosts that pieces may be made on, from a file like GNU parallel's: `8/user@node1` a line, `:` for this machine. A
// host that is lost is tried again after a while, and left out when it is lost three times in a row.
import { readFile } from 'node:fs/promises';
import { AsrError } from '../core/errors.js';

/** Between a loss and the next try, ms; after one more loss the host is left out. */
const delays = [5_000, 30_000];

export class Host {
  #losses = 0;
  #again = 0;
  /** In ssh's words, or the shell's. */
  lastWords = '';

  constructor(
    readonly name: string,
    /** Pieces at once. */
    readonly slots: number,
  ) {}

  get isThisMachine(): boolean {
    return this.name === ':';
  }

  get isLeftOut(): boolean {
    return this.#losses > delays.length;
  }

  get isFree(): boolean {
    return !this.isLeftOut && Date.now() >= this.#again;
  }

  /** Several pieces that go with one power cut are one loss. */
  lose(words: string): void {
    this.lastWords = words;
    if (Date.now() < this.#again) return;
    this.#again = Date.now() + (delays[this.#losses++] ?? 0);
  }

  finish(): void {
    this.#losses = 0;
  }
}

/** @throws AsrError 'config' for a line that is none, or no line at all */
export function parseHosts(text: string, path: string): Host[] {
  const hosts: Host[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const entry = line.replace(/#.*/u, '').trim();
    if (entry === '') continue;
    // A name that began with a dash would be read as an option of ssh.
    const [, slots, name] = /^(?:(\d{1,4})\/)?([^\s/-][^\s/]*)$/u.exec(entry) ?? [];
    if (name === undefined || Number(slots ?? 1) === 0)
      throw new AsrError(
        'config',
        `${path}, line ${i + 1}: "${entry}" is no host`,
        'Expected [pieces at once/]host, for instance 8/user@node1; ports and keys belong into ~/.ssh/config.',
      );
    hosts.push(new Host(name, Number(slots ?? 1)));
  }
  if (hosts.length === 0) throw new AsrError('config', `${path}: names no host`, 'Write one a line: 8/user@node1');
  return hosts;
}

/** @throws AsrError 'config' where no file is named or it holds none, 'io' where it is not there */
export async function readHosts(path: string): Promise<Host[]> {
  if (path === '')
    throw new AsrError(
      'config',
      'executor.kind is ssh, and executor.ssh.hosts names no file',
      'Write a file with one host a line (8/user@node1), and add --set executor.ssh.hosts=FILE.',
    );
  return parseHosts(await readFile(path, 'utf8'), path);
}
