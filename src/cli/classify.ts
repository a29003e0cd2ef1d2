// `asr classify`: transcripts in, labels with scores out, each utterance with its times; `--train` makes a model of
// labelled texts, `--errors` says how far its labels can be trusted (docs/classify.md).
import type { Command } from 'commander';
import { emitJson, engineOption, given, NumberOption, seedBounds, type JsonOption } from './options.js';
import type { ClassifierEvaluation } from '../classify/evaluate.js';
import type { Compute } from '../core/stage.js';

interface ClassifyOptions extends JsonOption {
  readonly model?: string;
  readonly tokeniser?: string;
  readonly train?: string;
  readonly out?: string;
  readonly errors?: string;
  readonly unit: string;
  readonly seed: string;
  readonly engine?: Compute['engine'];
}

export function addClassifyCommand(program: Command): void {
  program
    .command('classify')
    .description('what kind of thing was said: labels with scores for transcripts (docs/classify.md)')
    .argument('[transcripts...]', 'what `asr transcribe` or decode wrote, or other transcripts; - for standard input')
    .option('--model <file>', 'a .json of --train, or an .onnx of text classification', given)
    .option('--tokeniser <file>', 'tokenizer.json of that network', given)
    .option('--train <table>', 'make a model of a .tsv or .csv with columns text and label, and perhaps speaker', given)
    .option('--out <file>', 'where --train writes the model', given)
    .option(
      '--errors <table>',
      'wrong labels of the model by label, group and recognition errors, on such a table',
      given,
    )
    .option('--unit <unit>', 'what simulated recognition errors hit: letter, or token (phones with spaces)', 'letter')
    .addOption(
      new NumberOption('--seed <number>', 'of rows kept aside and of simulated errors', seedBounds).default('1'),
    )
    .addOption(engineOption())
    .option('--json', 'a line of JSON for each utterance: id, start, end, text, label, score, scores')
    .action(classifyCommand);
}

async function classifyCommand(transcripts: readonly string[], options: ClassifyOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const asked = [options.train, options.errors, transcripts[0]].filter((one) => one !== undefined);
  if (asked.length !== 1)
    throw new AsrError(
      'usage',
      asked.length === 0 ? 'nothing to classify' : 'transcripts, --train and --errors are each alone',
      'asr classify TRANSCRIPTS --model FILE, or --train TABLE --out FILE, or --errors TABLE --model FILE.',
    );
  if (options.train !== undefined) {
    await train(options.train, options);
    return;
  }
  if (options.model === undefined)
    throw new AsrError(
      'usage',
      'asr classify: --model is missing',
      'asr classify --train TABLE --out topics.json makes one of labelled texts.',
    );
  const { openLabeller } = await import('../classify/labeller.js');
  const { computeSchema } = await import('../core/stage.js');
  const compute = computeSchema.parse(options.engine === undefined ? {} : { engine: options.engine });
  await using labeller = await openLabeller(options.model, options.tokeniser, compute);
  if (options.errors !== undefined) {
    await showErrors(options.errors, labeller, options);
    return;
  }
  const { labelOf } = await import('../classify/labeller.js');
  const { spokenUtterances } = await import('../classify/transcribed.js');
  let count = 0;
  for (const path of transcripts)
    for await (const utterance of spokenUtterances(path)) {
      count++;
      const [scores] = await labeller.scores([utterance.text]);
      if (!scores) continue;
      const labelled = labelOf(labeller, scores);
      if (options.json) emitJson({ ...utterance, ...labelled });
      else process.stdout.write(`${line(utterance, labelled)}\n`);
    }
  if (count === 0)
    throw new AsrError('input', `${transcripts.join(', ')}: no utterance in it`, 'Is it a file of transcripts?');
}

function line(
  { id, start, end, text }: { id: string; start: number | null; end: number | null; text: string },
  { label, score }: { label: string; score: number },
): string {
  const times = start === null || end === null ? '' : ` ${start.toFixed(2)} to ${end.toFixed(2)} s`;
  return `${id}${times}\t${label} ${score.toFixed(2)}\t${text.replaceAll(/[\t\n]/g, ' ')}`;
}

async function train(table: string, { out, seed: text, json, model }: ClassifyOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { readLabelled } = await import('../classify/labelled-table.js');
  const { trainTextModel } = await import('../classify/train.js');
  const { writeTextModel } = await import('../classify/text-model.js');
  const { Rng } = await import('../core/rng.js');
  const { withInterrupt } = await import('./interrupt.js');
  if (out === undefined || model !== undefined || !out.toLowerCase().endsWith('.json'))
    throw new AsrError(
      'usage',
      '--train writes a new model: expected --out FILE.json',
      'For example --out topics.json',
    );
  const seed = Number(text);
  const rows = await readLabelled(table);
  const trained = await withInterrupt(
    (signal) => trainTextModel(rows, Rng.fromSeed(seed).fork('classify'), signal),
    'The same command begins anew.',
  );
  await writeTextModel(out, trained);
  const { labels, ngrams, measured } = trained;
  if (json) emitJson({ out, labels, ngrams: ngrams.length, ...measured });
  else
    process.stdout.write(
      `${out}: ${labels.length} labels, ${ngrams.length} n-grams of ${rows.length} rows. Of ${measured.heldOut} rows ` +
        `kept aside (seed ${seed}) ${percent(measured.accuracy)} were right; the commonest label alone ` +
        `${percent(measured.guess)}.\n`,
    );
}

async function showErrors(
  table: string,
  labeller: Awaited<ReturnType<(typeof import('../classify/labeller.js'))['openLabeller']>>,
  { unit, seed: text, json }: ClassifyOptions,
): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { evaluate } = await import('../classify/evaluate.js');
  const { readLabelled } = await import('../classify/labelled-table.js');
  const { Rng } = await import('../core/rng.js');
  const { withInterrupt } = await import('./interrupt.js');
  if (unit !== 'letter' && unit !== 'token') throw new AsrError('usage', `--unit ${unit}: expected letter or token`);
  const seed = Number(text);
  const rows = await readLabelled(table);
  const strange = [...new Set(rows.map(({ label }) => label))].filter((label) => !labeller.labels.includes(label));
  if (strange.length === new Set(rows.map(({ label }) => label)).size)
    throw new AsrError(
      'input',
      `${table}: none of its labels is one of the model`,
      `The model gives ${labeller.labels.slice(0, 10).join(', ')}.`,
    );
  if (strange.length > 0) process.stderr.write(`warning: the model never gives ${strange.slice(0, 10).join(', ')}\n`);
  const result = await withInterrupt((signal) => {
    const random = { rng: Rng.fromSeed(seed).fork('classify'), seed: `${seed}/classify` };
    return evaluate(labeller, rows, unit, random, signal);
  }, 'The same command begins anew.');
  if (json) emitJson(result);
  else process.stdout.write(`${(await described(result)).join('\n')}\n`);
}

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);

/** Of which the terminal shows every label; JSON has all. */
const shownRates: readonly number[] = [0, 0.2, 0.5];

async function described({
  rows,
  seed,
  unit,
  draws,
  curve,
  groups,
  misheardGroups,
  bySpeaker,
}: ClassifierEvaluation): Promise<string[]> {
  const { groupLines } = await import('../score/groups.js');
  const lines = [
    `${rows} rows; simulated errors by ${unit}, ${draws} draws, seed ${seed}`,
    'errors  right  changed  mean score',
    ...curve.map(({ rate, accuracy, changed, score }) =>
      [`${Math.round(100 * rate)} %`.padStart(6), percent(accuracy).padStart(7), percent(changed).padStart(7)]
        .concat(score.toFixed(2))
        .join('  '),
    ),
    ...curve.flatMap(({ rate, labels }) =>
      (shownRates.includes(rate) ? labels : []).map(
        ({ label, found, wronglyGiven }) =>
          `${label} at ${Math.round(100 * rate)} %: found ${percent(found)}, wrongly given ${percent(wronglyGiven)}`,
      ),
    ),
  ];
  if (!groups) return [...lines, 'no column speaker: no errors by group'];
  const misheardLines = misheardGroups ? ['the same at 20 % of errors:', ...groupLines(misheardGroups)] : [];
  const worst = Object.entries(bySpeaker ?? {})
    .sort(([, a], [, b]) => b.wrong / b.rows - a.wrong / a.rows)
    .slice(0, 3)
    .map(([speaker, one]) => `${speaker} ${one.wrong} of ${one.rows}`);
  return [
    ...lines,
    'wrong labels by group:',
    ...groupLines(groups),
    ...misheardLines,
    `speakers with most: ${worst.join(', ')}`,
  ];
}
