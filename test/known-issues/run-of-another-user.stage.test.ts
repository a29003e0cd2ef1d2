// A run folder of another user was refused with the path of a temporary file in its lock: nobody could tell whose it
// was or what to do.
import { spawnSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { projectFolder } from '../e2e/program.js';
import { temporaryFolder } from '../temporary-folder.js';

const nobody = 65_534;
const root = process.getuid?.() === 0;

it.skipIf(process.platform === 'win32')('a run of another user is refused by its name, with a way on', async () => {
  const run = await temporaryFolder();
  await mkdir(join(run, 'lock'));
  // Root may write everywhere, so that somebody else has to try.
  await chmod(run, root ? 0o755 : 0o555);
  await chmod(join(run, 'lock'), root ? 0o755 : 0o555);
  const module = pathToFileURL(join(projectFolder, 'dist', 'src', 'recipe', 'run-lock.js')).href;
  const code =
    `import { acquireRunLock } from '${module}'; ` +
    `await acquireRunLock(${JSON.stringify(run)}).catch(({ message, hint }) => console.log(message + '|' + hint));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    ...(root && { uid: nobody, gid: nobody }),
  });
  const whose = root ? 'belongs to another user (number 0), and ' : '';
  expect(stdout).toBe(
    `${run}: this run ${whose}cannot be written by you|To read it (asr report, --model), its files are enough. ` +
      `To go on from it, choose another folder with --run; --share ${run} takes over what is finished.\n`,
  );
});
