// Finished stages of other runs taken over where they are just what a plan would make, so that runs that differ in one
// late setting decode their sound once. Files are linked, not copied: a finished stage is replaced, never changed.
import { copyFile, link, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { flushFolder, renameDurably } from '../core/durable.js';
import { makeFolder } from '../core/folders.js';
import { silentLog } from '../core/log.js';
import { readStageRecord, stageState } from '../core/stage-run.js';
import { stageOptions, type Plan } from './plan.js';
import type { Step } from './step.js';

/**
 * @param donors run folders, which need not exist
 * @returns names of the stages that were taken over
 */
export async function shareStages(plan: Plan, donors: readonly string[]): Promise<string[]> {
  await makeFolder(plan.run);
  const missing = new Set<string>();
  const taken: string[] = [];
  for (const step of plan.steps) {
    const state = [step.data, ...Object.values(step.inputs)].some((folder) => missing.has(folder))
      ? undefined
      : await stageState(await step.load(), stageOptions(plan, step, silentLog));
    if (state?.upToDate) continue;
    const donor = state && (await find(step, state.key, donors));
    if (donor === undefined) missing.add(step.out);
    else {
      await adopt(donor, step.out);
      taken.push(step.name);
    }
  }
  return taken;
}

async function find(step: Step, key: string, donors: readonly string[]): Promise<string | undefined> {
  for (const donor of donors) {
    const folder = join(donor, step.name);
    if (folder !== step.out && (await readStageRecord(folder).catch(() => undefined))?.key === key) return folder;
  }
  return undefined;
}

/** The links get their name when all are there, as a stage does. */
async function adopt(from: string, to: string): Promise<void> {
  const temporary = `${to}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  await linkFolder(from, temporary);
  await flushFolder(temporary);
  const old = `${to}.old`;
  await rm(old, { recursive: true, force: true });
  await rename(to, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await renameDurably(temporary, to);
  await rm(old, { recursive: true, force: true });
}

async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkFolder(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target).catch(() => copyFile(source, target)); // another disk, or one that has no links
  }
}
