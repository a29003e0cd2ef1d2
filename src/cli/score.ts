// `asr score`: error rate of a hypothesis file against a reference file, outside any run.
import type { Command } from 'commander';
import type { GroupedErrors, GroupReport } from '../score/groups.js';
import type { ErrorCounts } from '../score/score.js';
import { emitJson, given, type JsonOption } from './options.js';

interface ScoreOptions extends JsonOption {
  readonly ref: string;
  readonly hyp: string;
  readonly unit: 'phone' | 'word' | 'char';
  readonly align?: boolean;
  readonly refFormat?: string;
  readonly hypFormat?: string;
  readonly phonemise?: string;
  readonly model?: string;
  readonly data?: string;
  readonly people?: string;
}

export function addScoreCommand(program: Command): void {
  program
    .command('score')
    .description('error rate of a hypothesis file against a reference file')
    .requiredOption(
      '--ref <file>',
      'references: Kaldi text (id, then tokens), .csv, .tsv, .trn, .ctm, .stm, .json, .jsonl, .TextGrid, .srt, ' +
        '.vtt or .eaf, or a folder of one of these',
      given,
    )
    .requiredOption('--hyp <file>', 'hypotheses, in any of these: all that `asr transcribe` writes', given)
    .option(
      '--ref-format <name>',
      'kaldi, csv, tsv, trn, ctm, stm, json, jsonl, textgrid, srt, vtt, eaf or text, where the ending does not tell',
    )
    .option('--hyp-format <name>', 'the same for the hypotheses')
    .option('--unit <unit>', 'phone, word or char', 'phone')
    .option(
      '--phonemise <recipe-or-language>',
      'references are words: their phones, by the rules of this recipe, run, model or language, are compared',
      given,
    )
    .option('--model <folder>', 'the same by the rules and words of a run or a model folder', given)
    .option('--data <folder>', 'folder of the corpus, where that recipe needs one', given)
    .option(
      '--people <table>',
      'errors also by group, with intervals: a .csv or .tsv with id, speaker, and sex, age, dialect or device',
      given,
    )
    .option('--align', 'also print every utterance aligned')
    .option('--json', 'one line of JSON: errors, length, insertions, deletions, substitutions, rate; groups')
    .action(scoreCommand);
}

async function scoreCommand(options: ScoreOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  if (!['phone', 'word', 'char'].includes(options.unit))
    throw new AsrError('usage', `--unit ${options.unit}: expected phone, word or char`);
  const { scoreFiles } = await import('../score/score-files.js');
  const { createLog } = await import('../core/log.js');
  const { transcriptFormats } = await import('../transcripts/references.js');
  const formatOf = (name: string | undefined): (typeof transcriptFormats)[number] | undefined => {
    const format = transcriptFormats.find((known) => known === name);
    if (name !== undefined && !format)
      throw new AsrError('usage', `format ${name}: expected ${transcriptFormats.join(', ')}`);
    return format;
  };
  const people = options.people === undefined ? undefined : await groupsFrom(options.people);
  const result = await scoreFiles(options.ref, options.hyp, options.unit, {
    referenceFormat: formatOf(options.refFormat),
    hypothesisFormat: formatOf(options.hypFormat),
    withAlignments: options.align === true && !options.json,
    log: createLog(),
    each: people?.add,
    pronounce: await pronouncerOf(options),
  });
  if (options.align && !options.json) process.stdout.write(`${result.alignments}\n`);
  const { errors, length, insertions, deletions, substitutions, rate } = result;
  const groups = people?.report();
  if (options.json)
    emitJson({ errors, length, insertions, deletions, substitutions, rate, ...(groups ? { groups } : {}) });
  else {
    process.stdout.write(
      `${(rate * 100).toFixed(2)} % ${options.unit} error rate: ${errors} errors in ${length} (${insertions} ` +
        `insertions, ${deletions} deletions, ${substitutions} substitutions)\n`,
    );
    if (groups) {
      const { groupLines } = await import('../score/groups.js');
      process.stdout.write(groupLines(groups).join('\n') + '\n');
    }
  }
}

const groupSeed = 1;

/** @throws AsrError 'input' where the table does not say who speaks: each recording would pass for a speaker */
async function groupsFrom(
  table: string,
): Promise<{ add: (id: string, counts: ErrorCounts) => void; report: () => GroupReport }> {
  const { AsrError } = await import('../core/errors.js');
  const { Rng } = await import('../core/rng.js');
  const { errorsByGroup } = await import('../score/groups.js');
  const { Metadata } = await import('../score/metadata.js');
  const people = await Metadata.read(table);
  const items: GroupedErrors[] = [];
  const add = (id: string, counts: ErrorCounts): void => {
    const speaker = people.speakerOf(id);
    if (speaker === undefined)
      throw new AsrError(
        'input',
        `${table}: no row says who speaks in "${id}"`,
        'It needs a column id (or path) and a column speaker, with a row for every reference.',
      );
    items.push({ speaker, counts, groups: people.of(id, speaker) });
  };
  return { add, report: () => errorsByGroup(items, Rng.fromSeed(groupSeed).fork('groups'), `${groupSeed}/groups`) };
}

/** @throws AsrError 'usage' where phones are not what is compared, or two things say how words are said */
async function pronouncerOf({
  unit,
  phonemise,
  model,
  data,
}: ScoreOptions): Promise<((sentence: string) => readonly string[] | undefined) | undefined> {
  const { AsrError } = await import('../core/errors.js');
  const { spokenBy, spokenByModel } = await import('../recipe/spoken.js');
  const { createPronouncer } = await import('../text/pronounce.js');
  if (phonemise === undefined && model === undefined) return undefined;
  const given = phonemise === undefined ? '--model' : '--phonemise';
  if (unit !== 'phone')
    throw new AsrError('usage', `${given} makes phones, --unit is ${unit}`, 'Leave out one of the two.');
  if (phonemise !== undefined && model !== undefined)
    throw new AsrError('usage', '--phonemise and --model both say how words are said', 'Leave out one of the two.');
  const spoken = phonemise === undefined ? await spokenByModel(model!, { data }) : await spokenBy(phonemise, { data });
  return createPronouncer(spoken.text, spoken.data, spoken.pronounce);
}
