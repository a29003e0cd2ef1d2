#!/usr/bin/env node
// Command `asr`: hands the arguments to the compiled command line and sets the exit code it returns.
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';

// Node 22 and later keep compiled code between starts, which saves a third of a second.
nodeModule.enableCompileCache?.();

const entry = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(entry)) {
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write('asr is not built yet: run `npm run build` in its folder first.\n');
  process.exitCode = 4;
}
