// The tables of the history. Rows are added and never changed, but for the verdict of a night that comes to its end.
import type { Database } from 'sql.js';

export const schemaVersion = 2;

/** A night is one recipe of a suite with all of its seeds; results are its seeds; blessings are people's decisions. */
const tables = `
CREATE TABLE nights (
  id INTEGER PRIMARY KEY,
  suite TEXT NOT NULL, name TEXT NOT NULL,
  series TEXT NOT NULL,      -- hash of recipe, settings and measure: equal ones can be compared
  measure TEXT NOT NULL,     -- per, wer, cer or metric
  settings TEXT NOT NULL,    -- JSON
  started TEXT NOT NULL,     -- ISO 8601
  versions TEXT NOT NULL,    -- JSON: program, Node, libraries
  commit_hash TEXT, dirty INTEGER NOT NULL,
  machine TEXT NOT NULL, load REAL NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL,
  value REAL,                -- mean of the measure over the seeds
  tolerance REAL, noise REAL, degrees INTEGER,
  reference INTEGER REFERENCES nights (id)
);
CREATE TABLE results (
  id INTEGER PRIMARY KEY,
  night INTEGER NOT NULL REFERENCES nights (id),
  seed INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
  per REAL, wer REAL, cer REAL, metric REAL, guess REAL, -- fractions; metric is the label-free one
  wall REAL NOT NULL, cpu REAL, memory REAL    -- seconds, seconds, MiB
);
CREATE TABLE blessings (
  id INTEGER PRIMARY KEY,
  night INTEGER NOT NULL REFERENCES nights (id),
  time TEXT NOT NULL, note TEXT NOT NULL
);
`;

/** Histories of version 1 know nothing of guesses. */
export function migrate(database: Database): void {
  if (database.exec('PRAGMA user_version')[0]?.values[0]?.[0] !== 1) return;
  database.exec('ALTER TABLE results ADD COLUMN guess REAL; PRAGMA user_version = 2;');
}

export function createTables(database: Database): void {
  database.exec(`${tables}PRAGMA user_version = ${schemaVersion};`);
}
