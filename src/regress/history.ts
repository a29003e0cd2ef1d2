// The history of regressions: one SQLite file, which any SQLite tool reads. sql.js holds it in memory; every change is
// made to what the file holds at that moment and written whole under another name, then renamed: a kill loses nothing.
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { Database, InitSqlJsStatic, SqlValue } from 'sql.js';
import { AsrError } from '../core/errors.js';
import { writeFileDurably } from '../core/durable.js';
import { vendoredFile } from '../core/vendored.js';
import { acquireRunLock } from '../recipe/run-lock.js';
import { createTables, migrate, schemaVersion } from './history-schema.js';
import type { Environment } from './environment.js';
import type { SeedResult } from './seed-run.js';
import type { NightVerdict } from './verdicts.js';

export interface NightStart {
  readonly suite: string;
  readonly name: string;
  readonly series: string;
  readonly measure: string;
  /** For people: recipe and settings. */
  readonly settings: object;
  /** ISO 8601. */
  readonly started: string;
  readonly environment: Environment;
}

export interface NightEnd {
  readonly verdict: NightVerdict;
  readonly reason: string;
  /** Mean of the measure over the seeds; null where there is none. */
  readonly value: number | null;
  readonly tolerance: number | null;
  readonly noise: number | null;
  readonly degrees: number | null;
  /** The night it was compared with. */
  readonly reference: number | null;
}

/** A night of one recipe. `verdict` is `interrupted` until it ends. */
export interface Night extends NightEnd, Omit<NightStart, 'environment' | 'settings'> {
  readonly id: number;
  readonly commit: string | null;
  readonly dirty: boolean;
  readonly machine: string;
  readonly load: number;
  readonly results: readonly SeedResult[];
  /** When, where it was accepted by a person; with their note. */
  readonly blessed: { readonly time: string; readonly note: string } | null;
}

const perSeed = ['seed', 'status', 'reason', 'per', 'wer', 'cer', 'metric', 'guess', 'wall', 'cpu', 'memory'] as const;

const columns = [
  'id',
  'suite',
  'name',
  'series',
  'measure',
  'started',
  'commit_hash',
  'dirty',
  'machine',
  'load',
  'verdict',
  'reason',
  'value',
  'tolerance',
  'noise',
  'degrees',
  'reference',
] as const;

export class History {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = resolve(path);
  }

  /** Makes no file: the first night does. @throws AsrError 'input' when the file is no history of ours */
  static async open(path: string): Promise<History> {
    const history = new History(path);
    (await history.#load()).close();
    return history;
  }

  get path(): string {
    return this.#path;
  }

  /**
   * Does work while no other process may change the file, which is read and written whole.
   * @throws AsrError 'usage' naming the process that has it
   */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const lock = await acquireRunLock(`${this.#path}.lock`, 'give another --history');
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  /** @returns its number */
  startNight({
    suite,
    name,
    series,
    measure,
    settings,
    started,
    environment: { versions, commit, dirty, machine, load },
  }: NightStart): Promise<number> {
    return this.#change((database) => {
      database.run(
        'INSERT INTO nights (suite, name, series, measure, settings, started, versions, commit_hash, dirty, ' +
          'machine, load, verdict, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [
          suite,
          name,
          series,
          measure,
          JSON.stringify(settings),
          started,
          JSON.stringify(versions),
          commit,
          Number(dirty),
          machine,
          load,
          'interrupted',
          'it did not come to its end',
        ],
      );
      return database.exec('SELECT last_insert_rowid()')[0]?.values[0]?.[0] as number;
    });
  }

  addResult(night: number, result: SeedResult): Promise<void> {
    return this.#change((database) => {
      database.run(`INSERT INTO results (night, ${perSeed.join(', ')}) VALUES (?${', ?'.repeat(perSeed.length)})`, [
        night,
        ...perSeed.map((key) => result[key]),
      ]);
    });
  }

  endNight(night: number, { verdict, reason, value, tolerance, noise, degrees, reference }: NightEnd): Promise<void> {
    return this.#change((database) => {
      database.run(
        'UPDATE nights SET verdict = ?, reason = ?, value = ?, tolerance = ?, noise ' +
          '= ?, degrees = ?, reference = ? WHERE id = ?',
        [verdict, reason, value, tolerance, noise, degrees, reference, night],
      );
    });
  }

  bless(night: number, time: string, note: string): Promise<void> {
    return this.#change((database) => {
      database.run('INSERT INTO blessings (night, time, note) VALUES (?, ?, ?)', [night, time, note]);
    });
  }

  /** In order of time. @param series all where none is given */
  async nights(series?: string): Promise<Night[]> {
    const database = await this.#load();
    try {
      const results = new Map<number, SeedResult[]>();
      for (const row of rows(database, `SELECT night, ${perSeed.join(', ')} FROM results ORDER BY id`)) {
        const night = row['night'] as number;
        results.set(night, [
          ...(results.get(night) ?? []),
          Object.fromEntries(perSeed.map((key) => [key, row[key] ?? null])) as unknown as SeedResult,
        ]);
      }
      return rows(
        database,
        `SELECT ${columns
          .map((column) => `nights.${column}`)
          .join(', ')}, blessings.time AS blessed_time, blessings.note AS blessed_note FROM nights
        LEFT JOIN blessings ON blessings.id = (SELECT MAX(id) FROM blessings WHERE night = nights.id)
        ORDER BY nights.id`,
      )
        .filter((row) => series === undefined || row['series'] === series)
        .map(
          ({ commit_hash: commit, dirty, blessed_time: time, blessed_note: note, ...row }) =>
            ({
              ...row,
              commit,
              dirty: dirty === 1,
              results: results.get(row['id'] as number) ?? [],
              blessed: time === null ? null : { time, note },
            }) as unknown as Night,
        );
    } finally {
      database.close();
    }
  }

  async #load(): Promise<Database> {
    const initSqlJs = createRequire(import.meta.url)(vendoredFile('sql.js', 'dist/sql-wasm.js')) as InitSqlJsStatic;
    const { Database: Sqlite } = await initSqlJs();
    const isNew = !existsSync(this.#path);
    const database = new Sqlite(isNew ? null : await readFile(this.#path));
    try {
      if (isNew) createTables(database);
      else migrate(database);
      const version = database.exec('PRAGMA user_version')[0]?.values[0]?.[0];
      database.exec('SELECT id, verdict FROM nights LIMIT 1');
      if (version !== schemaVersion)
        throw new AsrError(
          'input',
          `${this.#path}: a history of version ${String(version)}, expected ${schemaVersion}`,
          'Use the version of asr that wrote it, or another --history.',
        );
      return database;
    } catch (thrown) {
      database.close();
      if (thrown instanceof AsrError) throw thrown;
      throw new AsrError(
        'input',
        `${this.#path}: not a history of asr regress (${(thrown as Error).message})`,
        'Give another --history, or put the last good copy there: the nightly workflow keeps one of every night.',
        thrown,
      );
    }
  }

  async #change<T>(work: (database: Database) => T): Promise<T> {
    const database = await this.#load();
    try {
      const result = work(database);
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFileDurably(this.#path, database.export());
      return result;
    } finally {
      database.close();
    }
  }
}

function rows(database: Database, sql: string): Record<string, SqlValue>[] {
  const [table] = database.exec(sql);
  return (table?.values ?? []).map((values) =>
    Object.fromEntries(table?.columns.map((column, i) => [column, values[i] ?? null]) ?? []),
  );
}
