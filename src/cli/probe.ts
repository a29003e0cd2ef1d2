// `asr probe`: how much features know about phones, from labelled frames. For
// evaluation alone: nothing else reads them.
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { ProbeAlignOptions } from '../probe/align.js';
import type { AlignedPhone } from '../probe/alignment.js';
import { emitJson, given, type JsonOption, NumberOption, seedBounds } from './options.js';

interface ProbeCommandOptions extends JsonOption {
  readonly alignment?: string;
  readonly align?: string;
  readonly audio?: string;
  readonly text?: string;
  readonly saveAlignment?: string;
  readonly vad?: string;
  readonly silence: string;
  readonly frames: string;
  readonly context: string;
  readonly clusters: string;
  readonly triples: string;
  readonly seed: string;
  readonly per?: boolean;
  readonly supervisedStandIn?: string;
  readonly confusions: string;
  readonly noise: string;
  readonly engine: string;
}

export function addProbeCommand(program: Command): void {
  program
    .command('probe')
    .description(
      'measure what features know about phones, where some frames are labelled (evaluation only; docs/encoders.md)',
    )
    .argument('<features>', 'folder of a finished features stage, for instance runs/mboshi/features')
    .option('--alignment <file>', 'table with `phone:start:end …` in seconds by recording id, or CTM', given)
    .option(
      '--align <references>',
      'references without times (`id p h o n e s`, or transcripts/references.jsonl ' +
        'of a run): a supervised HMM aligns them first',
      given,
    )
    .option(
      '--text <folder>',
      'with --align: the references are words, and this text stage says how they are pronounced',
      given,
    )
    .option('--audio <folder>', 'with --align: folder of the audio stage; default: beside the features', given)
    .option('--save-alignment <file>', 'with --align: keep its times as CTM, for later probes; not inside a run', given)
    .option('--vad <folder>', 'folder of the vad stage; default: beside the features')
    .option('--silence <symbol>', 'how the alignment names silence', 'SIL')
    .addOption(
      new NumberOption('--frames <n>', 'frames looked at; utterances are drawn', {
        least: 1,
        most: 100_000_000,
      }).default('100000'),
    )
    .addOption(
      new NumberOption('--context <n>', 'linear probe: neighbouring frames on each side', {
        least: 0,
        most: 100,
      }).default('0'),
    )
    .addOption(new NumberOption('--clusters <n>', 'frame clusters', { least: 2, most: 100_000 }).default('100'))
    .addOption(
      new NumberOption('--triples <n>', 'ABX: triples within and across speakers', {
        least: 1,
        most: 10_000_000,
      }).default('10000'),
    )
    .option(
      '--per',
      'also the phone error rate of a supervised recogniser on these features: linear classifier and phone bigram',
    )
    .option(
      '--supervised-stand-in <folder>',
      'instead of measuring: write frames made from the alignment, as a stand-in for a large encoder in benchmarks',
      given,
    )
    .addOption(
      new NumberOption('--confusions <share>', 'stand-in: phones taken for another', {
        least: 0,
        most: 1,
        fractions: true,
      }).default('0.04'),
    )
    .addOption(
      new NumberOption(
        '--noise <deviation>',
        'stand-in: noise of every dimension, against 1 for the phones themselves',
        { least: 0, most: 100, fractions: true },
      ).default('1.5'),
    )
    .addOption(new NumberOption('--seed <n>', 'every random number follows from it', seedBounds).default('1'))
    .option('--engine <name>', 'where graphs run: cpu, webgpu, cuda, tfjs or auto', 'cpu')
    .option('--json', 'one line of JSON on stdout')
    .action(probeCommand);
}

async function probeCommand(features: string, options: ProbeCommandOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { createLog } = await import('../core/log.js');
  const { computeSchema } = await import('../core/stage.js');
  const { data: compute } = computeSchema.safeParse({ engine: options.engine });
  if (!compute) throw new AsrError('usage', `--engine ${options.engine}: expected cpu, webgpu, cuda, tfjs or auto`);
  const { probe } = await import('../probe/probe.js');
  const log = createLog();
  const folders = {
    vad: options.vad ?? join(dirname(resolve(features)), 'vad'),
    audio: options.audio ?? join(dirname(resolve(features)), 'audio'),
  };
  const seed = Number(options.seed);
  const alignment = await alignmentOf(options, { ...folders, seed, compute, log });
  if (options.supervisedStandIn !== undefined) {
    const written = await standIn(options, options.supervisedStandIn, folders.vad, alignment, seed);
    process.stdout.write(
      `Frames of ${written} utterances, made from labels: ${options.supervisedStandIn}\nBenchmarks read them with ` +
        'features.kind=supervised-stand-in and features.folder; they say nothing of learning without labels.\n',
    );
    return;
  }
  const result = await probe({
    features,
    vad: folders.vad,
    alignment,
    ...(options.per === true ? { per: true } : {}),
    silence: options.silence,
    compute,
    log,
    frames: Number(options.frames),
    context: Number(options.context),
    clusters: Number(options.clusters),
    triples: Number(options.triples),
    seed,
  });
  if (options.json) {
    emitJson(result);
    return;
  }
  const percent = (share: number | undefined): string =>
    share === undefined ? 'no triples' : `${(100 * share).toFixed(1)} %`;
  const rows: [string, string][] = [
    [
      'features',
      `${result.kind}, ${result.dim} dimensions; ${result.frames} frames of ${result.utterances} utterances, ` +
        `${result.phones} phones`,
    ],
    [
      'linear probe',
      `${percent(result.linear)} of frames right without silence, ${percent(result.linearWithSilence)} with it`,
    ],
    ...(result.supervisedPer === null
      ? []
      : [
          [
            'supervised PER',
            `${percent(result.supervisedPer)} of test phones, by the linear classifier and a phone bigram`,
          ] satisfies [string, string],
        ]),
    [
      'ABX error',
      `${percent(result.abxWithin?.error)} within a speaker, ${percent(result.abxAcross?.error)} across (chance 50 %)`,
    ],
    [
      'clusters',
      `${result.clusters.count}: purity ${percent(result.clusters.purity)}, PNMI ${result.clusters.pnmi.toFixed(3)}`,
    ],
    [
      'boundaries',
      `F1 ${percent(result.boundaryF1)} within 20 ms, ${result.segmentsPerSecond.toFixed(1)} segments per second (` +
        `${result.phonesPerSecond.toFixed(1)} phones)`,
    ],
  ];
  for (const [name, text] of rows) process.stdout.write(`${name.padEnd(16)}${text}\n`);
}

async function standIn(
  { confusions, noise }: ProbeCommandOptions,
  out: string,
  vad: string,
  alignment: ReadonlyMap<string, AlignedPhone[]>,
  seed: number,
): Promise<number> {
  const { Rng } = await import('../core/rng.js');
  const { writeStandIn } = await import('../probe/stand-in.js');
  const [share, deviation] = [Number(confusions), Number(noise)];
  return writeStandIn({
    vad,
    alignment,
    out,
    dim: 64,
    confusions: share,
    noise: deviation,
    rng: Rng.fromSeed(seed).fork('stand-in'),
  });
}

/** Times that were given, or those that a supervised HMM finds for references without. */
async function alignmentOf(
  options: ProbeCommandOptions,
  where: Pick<ProbeAlignOptions, 'audio' | 'vad' | 'seed' | 'compute' | 'log'>,
): Promise<Map<string, AlignedPhone[]>> {
  const { AsrError } = await import('../core/errors.js');
  const { readAlignment, writeAlignment } = await import('../probe/alignment.js');
  if ((options.alignment === undefined) === (options.align === undefined))
    throw new AsrError(
      'usage',
      'asr probe needs labelled frames: either --alignment FILE or --align REFERENCES',
      'docs/encoders.md has an example of each.',
    );
  if (options.alignment !== undefined) {
    if (options.saveAlignment !== undefined)
      throw new AsrError(
        'usage',
        '--save-alignment belongs to --align',
        'The alignment that was given is a file already.',
      );
    return readAlignment(options.alignment);
  }
  const { alignReferences } = await import('../probe/align.js');
  const { referencePhones } = await import('../probe/reference-phones.js');
  const references = await referencePhones(options.align as string, options.text);
  const alignment = await alignReferences({ ...where, references, silence: options.silence });
  if (options.saveAlignment !== undefined) await writeAlignment(options.saveAlignment, alignment);
  return alignment;
}
