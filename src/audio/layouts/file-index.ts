// Sound files below a folder by what a table may call them: a path, a name, a name without its ending.
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { IdTable, TextList } from '../../core/id-table.js';
import { integers } from '../../core/number-list.js';
import { isSoundFile, stem } from '../ids.js';
import { soundFiles, type SoundFile } from '../sound-files.js';

export interface Row {
  readonly line: number;
  readonly id: string;
  readonly path?: string | undefined;
  readonly speaker?: string | undefined;
  readonly split?: string | undefined;
  /** Seconds; NaN where the cell holds something else. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly duration?: number | undefined;
  /** From 0; NaN where the cell holds something else. */
  readonly channel?: number | undefined;
}

/** Files of a folder by what rows call them. The folder is listed only for rows that do not say where their file is. */
export class NamedFiles {
  #index: FileIndex | undefined;
  /** Rows that cut up one file follow each other. */
  #last: { readonly name: string; readonly file: SoundFile } | undefined;

  constructor(readonly root: string) {}

  /** The row's file, or what is wrong with it. */
  async of(row: Row): Promise<SoundFile | string> {
    const name = (row.path ?? row.id).replaceAll('\\', '/').replace(/^\.\//, '').normalize('NFC');
    if (row.path === undefined)
      return (await this.#listed()).called(name) ?? `no sound file ${JSON.stringify(`${join(this.root, row.id)}.*`)}`;
    if (this.#last?.name === name) return this.#last.file;
    const file = this.#there(name) ?? (await this.#listed()).named(name) ?? outside(this.root, row.path);
    this.#last = { name, file };
    return file;
  }

  /** What the listing would have found, too: a listing of a million files costs as much as a run needs to begin. */
  #there(name: string): SoundFile | undefined {
    const parts = name.split('/');
    const path = join(this.root, ...parts);
    const isListed = isSoundFile(name) && !parts.some((part) => part === '' || part.startsWith('.'));
    return isListed && existsSync(path) ? { parts, path } : undefined;
  }

  async #listed(): Promise<FileIndex> {
    return (this.#index ??= await FileIndex.of(this.root));
  }
}

/** The path may lead out of the folder, or to an ending that is not known. */
function outside(root: string, given: string): SoundFile {
  const path = resolve(root, given);
  return { path, parts: [basename(dirname(path)), basename(path)] };
}

/** All files below a folder by name and by name without ending, both as composed Unicode. */
class FileIndex {
  /** As they are called below the folder. */
  readonly #files = new TextList();
  readonly #problems = new Map<number, string>();
  readonly #names = new IdTable();
  readonly #ofName = integers();
  readonly #stems = new IdTable();
  readonly #ofStem = integers();

  private constructor(readonly root: string) {}

  static async of(root: string): Promise<FileIndex> {
    const index = new FileIndex(root);
    for await (const file of soundFiles(root)) index.#add(file);
    return index;
  }

  named(name: string): SoundFile | undefined {
    return this.#file(this.#ofName, this.#names.indexOf(name));
  }

  /** By its name, or by that without its ending: of several the first. */
  called(name: string): SoundFile | undefined {
    return this.named(name) ?? this.#file(this.#ofStem, this.#stems.indexOf(name));
  }

  #add({ parts, problem }: SoundFile): void {
    const file = this.#files.push(parts.join('/'));
    const name = this.#files.at(file).normalize('NFC');
    if (problem !== undefined) this.#problems.set(file, problem);
    const known = this.#names.length;
    const number = this.#names.push(name);
    if (number < known) this.#ofName.set(number, file);
    else this.#ofName.push(file);
    if (this.#stems.push(stem(name)) === this.#ofStem.length) this.#ofStem.push(file);
  }

  #file(list: { at(number: number): number }, number: number): SoundFile | undefined {
    if (number < 0) return undefined;
    const file = list.at(number);
    const parts = this.#files.at(file).split('/');
    const problem = this.#problems.get(file);
    return { parts, path: join(this.root, ...parts), ...(problem !== undefined && { problem }) };
  }
}
