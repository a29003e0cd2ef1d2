// `asr demo`: the whole pipeline on speech that it makes itself, then one of its files transcribed.
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ScoreReport } from '../score/report.js';
import { collect, emitJson, engineOption, given, type JsonOption } from './options.js';

interface DemoOptions extends JsonOption {
  readonly run: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly quick?: boolean;
}

/** What `--quick` changes: no self-training, so that learning alone has to do the work, and more of it. */
const quickSettings = ['selftrain.method=none', 'learn.cycle.rounds=5'];

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('learn to recognise synthetic Spanish without a single label, in minutes, and transcribe a file')
    .option('--quick', 'without self-training and words: half of the time, twice the phone errors')
    .option('--run <folder>', 'where results go', given, 'runs/demo-es')
    .option('--set <key=value>', 'change one setting; may be repeated', collect, [])
    .addOption(engineOption())
    .option(
      '--json',
      'end with one line of JSON on stdout: per, trivialPer, wer, werInText, unknownShare, seconds, run, model, report',
    )
    .action(demoCommand);
}

async function demoCommand(options: DemoOptions): Promise<void> {
  const started = performance.now();
  const { makePlan } = await import('../recipe/plan.js');
  const { runPlan } = await import('../recipe/run.js');
  const { createLog } = await import('../core/log.js');
  const { AsrError } = await import('../core/errors.js');
  const plan = await makePlan({
    recipe: 'demo-es',
    run: options.run,
    set: [
      ...(options.quick ? quickSettings : []),
      ...options.set,
      ...(options.engine === undefined ? [] : [`compute.engine=${options.engine}`]),
    ],
  });
  const { withInterrupt } = await import('./interrupt.js');
  const finished = await withInterrupt((signal) => runPlan(plan, createLog(), signal));
  const { readScore } = await import('../score/report.js');
  const score = await readScore(`${plan.run}/score`);
  if (!score)
    throw new AsrError(
      'config',
      'the demo has nothing to report: score.references is empty',
      'Leave that setting as it is.',
    );
  const example = await transcribeExample(plan.run);
  const report = join(plan.run, 'report', 'report.html');
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  if (!options.json) {
    const done = finished.filter(({ skipped }) => !skipped).length;
    process.stdout.write(`
${
  done === 0
    ? `Nothing to do: all ${finished.length} stages are up to date.`
    : `Ran ${done} of ${finished.length} stages`
} (${seconds} s)

${ratesOf(score)}

One file it never heard: ${example.file}
  was said    ${example.reference}
  recognised  ${example.hypothesis}

Run     ${plan.run}
Model   ${plan.run}/bundle
Report  ${report}
Try     asr transcribe ${example.file} --model ${plan.run}/bundle
`);
  } else {
    emitJson({
      per: score.per,
      trivialPer: score.trivial.randomSentence,
      ...(score.words
        ? {
            wer: score.words.wer,
            ...(score.words.inText ? { werInText: score.words.inText.wer } : {}),
            ...(score.words.outside === undefined ? {} : { unknownShare: score.words.outside }),
          }
        : {}),
      seconds,
      run: plan.run,
      model: `${plan.run}/bundle`,
      report,
    });
  }
}

function ratesOf({ per, trivial, words }: ScoreReport): string {
  const line = (name: string, rate: number): string => `${name.padEnd(55)}${(rate * 100).toFixed(1).padStart(4)} %`;
  return [
    line('Phone error rate on utterances it never trained on', per),
    line('  guessing a random sentence of the text', trivial.randomSentence),
    line('  guessing the most frequent phone', trivial.constantPhone),
    ...(words ? [line('Word error rate on them', words.wer)] : []),
    ...(words?.inText ? [line('  of words that the text has', words.inText.wer)] : []),
    ...(words?.outside === undefined ? [] : [line('  share of words that the text does not have', words.outside)]),
  ].join('\n');
}

/**
 * The first test recording, recognised by the bundled model, beside its reference: words where the model gives them.
 */
async function transcribeExample(run: string): Promise<{ file: string; reference: string; hypothesis: string }> {
  const { readRecordings } = await import('../audio/samples.js');
  const { readScoredReference } = await import('../score/report.js');
  const { loadModel } = await import('../transcribe/model.js');
  const { transcribe } = await import('../transcribe/transcribe.js');
  const { withoutWords } = await import('../transcribe/transcript.js');
  const { AsrError } = await import('../core/errors.js');
  for await (const { id, path, split } of readRecordings(join(run, 'audio'))) {
    if (split !== 'test') continue;
    const file = join(run, 'corpus', path);
    await using model = await loadModel(join(run, 'bundle'));
    const transcript = await transcribe(model, file);
    const reference = await readScoredReference(join(run, 'score'), id);
    const byWords = transcript.words !== undefined && reference.words !== undefined;
    return {
      file,
      reference: ((byWords ? reference.words : undefined) ?? reference.phones).join(' '),
      hypothesis: (byWords ? transcript : withoutWords(transcript)).text ?? '',
    };
  }
  throw new AsrError('input', `${run}: no test recording`, 'Set corpus.testShare above 0.');
}
