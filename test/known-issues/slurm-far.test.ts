// Behind `--clusters`, sbatch answers `id;cluster`: the cluster was dropped, squeue knew no such job, and every piece
// was submitted again and again. A banner after the answer was read as the number of a job.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSubmission } from '../../src/executor/slurm-commands.js';
import { asr } from '../e2e/program.js';
import { writeToneCorpus } from '../e2e/tone-corpus.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('the answer of sbatch --parsable', () => {
  it.each([
    ['101\n', '101', undefined],
    ['101;far\n', '101', 'far'],
    ['----\n  Welcome to 3 clusters\n----\n101;far-2.site\n', '101', 'far-2.site'],
    ['101\n\n5000 hours are left to your project.\n', '101', undefined],
    ['Submitted batch job 101 on cluster far\n', '101', 'far'],
  ])('%j', (stdout, job, cluster) => {
    expect(parseSubmission(stdout)).toEqual({ job, cluster });
  });

  it('that holds no number is none', () => {
    for (const stdout of ['', 'Welcome\n', '5000 hours are left\n', 'job 101 is yours\n'])
      expect(parseSubmission(stdout), stdout).toBeUndefined();
  });
});

let tasks: ChildProcess | undefined;
afterEach(() => {
  tasks?.kill('SIGKILL');
});

/** A cluster of files: sbatch leaves scripts in a folder, a runner works them off, squeue answers for `far` alone. */
async function farCluster(folder: string): Promise<NodeJS.ProcessEnv> {
  const [bin, state] = [join(folder, 'bin'), join(folder, 'state')];
  await mkdir(bin, { recursive: true });
  await mkdir(state);
  const far = 'case " $* " in *" --clusters=far "*) ;; *) echo "Invalid job id specified" >&2; exit 1;; esac\n';
  const commands = {
    sbatch: `n=$(( $(ls ${state} | grep -c 'script$') + 101 ))
      for a in "$@"; do case $a in --array=*) r=\${a#--array=0-};; esac; done
      cat > ${state}/$n.body; echo "$*" >> ${state}/submissions; echo $r > ${state}/$n.tasks; touch ${state}/$n.script
      echo "$n;far"; echo; echo "5000 hours are left to your project."`,
    // The first look comes before the cluster has heard of the job.
    squeue: `for a in "$@"; do case $a in --jobs=*) j=\${a#--jobs=};; esac; done
      ${far}echo "$*" >> ${state}/looks
      [ $(grep -c . ${state}/looks) -gt 1 ] || { echo "Invalid job id specified" >&2; exit 1; }
      i=0; while [ $i -le $(cat ${state}/$j.tasks) ]; do
        s=PENDING; [ -e ${state}/$j.$i.done ] && s=COMPLETED; echo "$j|$i|$s|None"; i=$((i+1)); done`,
    sacct: `${far}exit 0`,
    scancel: `${far}exit 0`,
  };
  for (const [name, body] of Object.entries(commands)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const runner = `while :; do for s in ${state}/*.tasks; do [ -e "$s" ] || continue; j=$(basename $s .tasks); i=0
    while [ $i -le $(cat $s) ]; do [ -e ${state}/$j.$i.done ] || {
      [ $(grep -c . ${state}/looks 2>/dev/null || echo 0) -gt 2 ] &&
      SLURM_ARRAY_JOB_ID=$j SLURM_ARRAY_TASK_ID=$i sh ${state}/$j.body && touch ${state}/$j.$i.done; }; i=$((i+1)); done
    done; sleep 0.2; done`;
  tasks = spawn('sh', ['-c', runner], { stdio: 'ignore' });
  return { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
}

it('a job behind --clusters is submitted once, though squeue does not know it at first', async () => {
  const folder = await temporaryFolder();
  const env = await farCluster(folder);
  const recipe = await writeToneCorpus(
    join(folder, 'corpus'),
    'executor: { kind: slurm, shardItems: 2, slurm: { flags: [--clusters=far], pollSeconds: 0.3 } }\n',
    4,
  );
  const args = ['run', recipe, '--data', join(folder, 'corpus'), '--run', join(folder, 'run'), '--to', 'audio'];
  const outcome = await asr(args, { env });
  expect(outcome.code, outcome.stderr).toBe(0);
  expect(outcome.stderr).toContain('job 101 on far: 2 pieces');
  const submissions = (await readFile(join(folder, 'state', 'submissions'), 'utf8')).trim().split('\n');
  expect(submissions).toHaveLength(1);
});
