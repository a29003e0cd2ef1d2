// What lint cannot see: no stage before `score` can reach the files that open transcripts, by whatever path, but for
// the one that reads recordings which a recipe names as a labelled source; that one refuses a run's own recordings.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stages } from '../src/stages.js';

const source = join(import.meta.dirname, '..', 'src');

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g)].map((match) =>
    resolve(dirname(file), `${match[1]}.ts`),
  );
}

/** Every file of ours that loading `file` may load. */
function reachable(file: string, seen = new Set<string>(), wall?: string): Set<string> {
  if (seen.has(file) || file === wall) return seen;
  seen.add(file);
  for (const next of importsOf(file)) reachable(next, seen, wall);
  return seen;
}

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
const files = sourcesIn(source);
const engine = join(source, '..', 'packages', 'engine');

/** Everything that opens a transcript. */
const readers = ['references.ts', 'corpora.ts', 'timit-phones.ts'].map((file) => join(source, 'transcripts', file));
/** Recordings of which a recipe says that they are labelled, and none of the run's own. */
const labelledSource = join(source, 'learn', 'labelled-recordings.ts');

describe('references', () => {
  it('are opened in one folder alone', () => {
    const named = files.filter((file) => /references|corpora|transcripts/.test(basename(file)));
    expect(named.filter((file) => dirname(file) !== join(source, 'transcripts'))).toEqual([]);
    expect(named).toEqual(expect.arrayContaining(readers.slice(0, 2)));
  });

  it('cannot be reached by any stage before score', () => {
    const before = stages.slice(
      0,
      stages.findIndex((stage) => stage.name === 'score'),
    );
    for (const { name } of before) {
      const files = reachable(join(source, name, 'stage.ts'), undefined, labelledSource);
      expect(
        readers.filter((reader) => files.has(reader)),
        name,
      ).toEqual([]);
    }
    const pretraining = reachable(join(source, 'pretrain', 'stage.ts'));
    expect(
      readers.filter((reader) => pretraining.has(reader)),
      'pretrain',
    ).toEqual([]);
    expect([...reachable(join(source, 'score', 'stage.ts'))]).toEqual(expect.arrayContaining(readers));
  });

  it('are not opened again for the report: it shows what score wrote of them', () => {
    const files = reachable(join(source, 'report', 'stage.ts'));
    expect(readers.filter((reader) => files.has(reader))).toEqual([]);
  });
});

describe('alignments', () => {
  it('are opened by asr probe and asr units alone', () => {
    const reader = join(source, 'probe', 'alignment.ts');
    for (const { name } of [...stages, { name: 'pretrain' }])
      expect([...reachable(join(source, name, 'stage.ts'))], name).not.toContain(reader);
    const importers = files.filter((file) => importsOf(file).some((path) => path.startsWith(join(source, 'probe'))));
    expect(importers.map((file) => relative(source, file)).filter((file) => !file.startsWith('probe'))).toEqual([
      join('cli', 'probe.ts'),
      join('cli', 'units.ts'),
    ]);
  });
});

describe('the table of stages', () => {
  it('says what each stage itself says', async () => {
    for (const entry of stages) {
      const stage = await entry.load();
      expect(stage.name).toBe(entry.name);
      expect(stage.reads).toEqual(entry.reads);
    }
  });

  it('lists every stage after what it reads', () => {
    for (const [i, { reads }] of stages.entries()) {
      for (const name of reads) expect(stages.slice(0, i).map((stage) => stage.name)).toContain(name);
    }
  });
});

describe('packages/engine', () => {
  it('imports nothing of the program, in its tests neither', () => {
    const own = [...sourcesIn(join(engine, 'src')), ...sourcesIn(join(engine, 'test'))];
    expect(own.length).toBeGreaterThan(40);
    for (const file of own) for (const path of importsOf(file)) expect(path, file).toContain(engine);
  });
});

describe('files', () => {
  it('never need each other in a circle, for types neither', () => {
    /** What a file names, types included. */
    const loaded = (file: string): string[] => {
      const text = readFileSync(file, 'utf8');
      return [...text.matchAll(/^(?:import|export)\s+(?:[^;]*?\s+from\s+)?'(\.[^']+)\.js'/gm)].map((match) =>
        resolve(dirname(file), `${match[1]}.ts`),
      );
    };
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, above: readonly string[]): void => {
      if (above.includes(file))
        circles.push([...above.slice(above.indexOf(file)), file].map((one) => relative(source, one)).join(' > '));
      if (above.includes(file) || done.has(file)) return;
      for (const next of loaded(file)) visit(next, [...above, file]);
      done.add(file);
    };
    const all = [...files, ...sourcesIn(join(engine, 'src'))];
    for (const file of all) visit(file, []);
    expect(circles).toEqual([]);
    expect(done.size).toBe(all.length);
  });
});
