// A shared folder that is seen late: a finished piece gets its name seconds after its task has ended, as another
// machine sees it that answers from the attribute cache of NFS.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @returns shell lines before a task (`executor.*.setup`) under which it is so */
export async function latePieces(folder: string): Promise<string> {
  const path = join(folder, 'late-pieces.mjs');
  await writeFile(
    path,
    `import { spawn } from 'node:child_process';
import { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { rename } = promises;
promises.rename = async (from, to) => {
  if (!/\\/pieces\\/[^/]+\\.partial$/.test(from)) return rename(from, to);
  spawn('sh', ['-c', 'sleep 3; mv "$0" "$1"', from, to], { detached: true, stdio: 'ignore' }).unref();
};
syncBuiltinESMExports();
`,
  );
  return `export NODE_OPTIONS="--import ${pathToFileURL(path).href}"`;
}
