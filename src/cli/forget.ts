// `asr forget`: what in a run depends on a person's recordings; with --yes it is deleted, and the person stays out.
import type { Command } from 'commander';
import type { Forgetting } from '../recipe/forget.js';
import { collect, emitJson, given, type JsonOption } from './options.js';

interface ForgetOptions extends JsonOption {
  readonly speaker: readonly string[];
  readonly recording: readonly string[];
  readonly yes?: boolean;
}

export function addForgetCommand(program: Command): void {
  program
    .command('forget')
    .description(
      "list what in a run depends on a person's recordings; with --yes delete it and keep the person out of the run " +
        '(docs/removal.md)',
    )
    .argument('<run>', 'folder of the run', given)
    .option('--speaker <id>', 'all recordings of this speaker; may be repeated', collect, [])
    .option('--recording <id>', 'this recording; may be repeated', collect, [])
    .option('--yes', 'delete it')
    .option('--json', 'one line of JSON: what was found, and removed, in bytes')
    .action(forgetCommand);
}

async function forgetCommand(run: string, options: ForgetOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { findDependents, forget } = await import('../recipe/forget.js');
  const asked = { speakers: [...options.speaker], recordings: [...options.recording] };
  if (asked.speakers.length + asked.recordings.length === 0)
    throw new AsrError('usage', 'asr forget: nobody named', 'Add --speaker ID or --recording ID.');
  const found = await findDependents(run, asked);
  const removed = options.yes ? await forget(found) : 0;
  if (options.json) emitJson({ ...found, removed });
  else process.stdout.write(await described(found, options.yes === true));
}

async function described(found: Forgetting, done: boolean): Promise<string> {
  const { size } = await import('../core/readable.js');
  const { recordings, dependents, sound, staying, again, elsewhere, run } = found;
  const lines: string[] = [];
  const held = recordings.filter(({ split }) => split === 'test').length;
  const seconds = recordings.reduce((sum, recording) => sum + recording.seconds, 0);
  if (recordings.length > 0)
    lines.push(
      `${recordings.length} recordings, ${seconds.toFixed(1)} s: ${recordings.length - held} of training, ` +
        `${held} held out, which no weight was trained on.`,
    );
  for (const { path, bytes, why } of dependents) lines.push(`${size(bytes).padStart(9)}  ${path}`, `           ${why}`);
  for (const { path, bytes } of sound)
    lines.push(`${size(bytes).padStart(9)}  ${path}`, "           a sound file in the run's own corpus");
  const total = [...dependents, ...sound].reduce((sum, { bytes }) => sum + bytes, 0);
  const out = `kept out of this run from now on, by ${run}/forgotten.json`;
  if (dependents.length + sound.length === 0)
    lines.push(`Nothing of it lies in this run; it is ${done ? '' : 'with --yes '}${out}.`);
  else
    lines.push(
      done
        ? `Deleted ${size(total)}. These recordings are ${out}.`
        : `${size(total)} in all; --yes deletes it. These recordings are then ${out}.`,
    );
  if (again.length > 0)
    lines.push(`Stages that must run again: ${again.join(', ')}. asr run with the same recipe and folder does it.`);
  const outside = staying.filter(({ shared }) => !shared);
  const shared = staying.filter((file) => file.shared);
  if (outside.length > 0)
    lines.push(
      `Not touched: ${outside.length} sound files of the corpus itself (${shown(outside.map(({ path }) => path))}). ` +
        'Other runs would read them: delete them there, or name these recordings under audio.without in the recipe.',
    );
  if (shared.length > 0)
    lines.push(`Not touched, since others speak in the same file: ${shown(shared.map(({ path }) => path))}.`);
  if (elsewhere.length > 0) lines.push(`Also in: ${elsewhere.join(', ')}. Run asr forget there too.`);
  lines.push(
    'Not reached: copies of the bundle, exports, encoders of asr pretrain, transcripts and texts ' +
      'outside of this folder.',
  );
  return `${lines.join('\n')}\n`;
}

const mostShown = 3;
const shown = (paths: readonly string[]): string =>
  paths.slice(0, mostShown).join(', ') + (paths.length > mostShown ? `, ${paths.length - mostShown} more` : '');
