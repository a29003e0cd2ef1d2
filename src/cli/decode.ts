// `asr decode`: decodes a finished run again, by another method or with weights tuned anew, beside what is there.
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { collect, emitJson, engineOption, type JsonOption } from './options.js';

interface DecodeOptions extends JsonOption {
  readonly out?: string;
  readonly method?: string;
  readonly tune?: boolean;
  readonly engine?: string;
  readonly set: readonly string[];
}

export function addDecodeCommand(program: Command): void {
  program
    .command('decode')
    .description(
      'decode a finished run again with its model (of the pass that selftrain ' +
        'chose, where it did): another method or weights',
    )
    .argument('<run>', 'folder of a run, for instance runs/demo-es')
    .option('--method <method>', 'greedy, beam (phones) or words')
    .option('--tune', 'choose the weights without labels: ln(LM perplexity) x distance to the greedy transcript')
    .option('--no-tune', 'take the weights as they are set')
    .option(
      '--set <key=value>',
      'change one setting of decoding, for instance lmWeight=2; may be repeated',
      collect,
      [],
    )
    .addOption(engineOption())
    .option('--out <folder>', 'where hypotheses go (default: <run>/decode-<method>)')
    .option('--json', 'end with one line of JSON: the folder, the model, the settings that were used, counts')
    .action(decodeCommand);
}

async function decodeCommand(run: string, options: DecodeOptions): Promise<void> {
  const { existsSync } = await import('node:fs');
  const { readFile } = await import('node:fs/promises');
  const { mergeTrees, resolveConfig } = await import('../core/config.js');
  const { parseAssignments, parseRecipe } = await import('../core/config-text.js');
  const { AsrError } = await import('../core/errors.js');
  const { createLog } = await import('../core/log.js');
  const { computeSchema } = await import('../core/stage.js');
  const { runStage } = await import('../core/stage-run.js');
  const { decoderFolder, decoderSettings } = await import('../decode/decoder-files.js');
  const { decodeStage } = await import('../decode/stage.js');
  const { readFeaturesInfo } = await import('../features/folder.js');
  const { featuresStage } = await import('../features/stage.js');
  const { chosenSystem, startName } = await import('../selftrain/output.js');
  const settings = join(run, 'config.yaml');
  if (!existsSync(settings))
    throw new AsrError(
      'usage',
      `${run}: no run here (config.yaml is missing)`,
      'Give the folder that `asr run` or `asr demo` left.',
    );
  const recipe = parseRecipe(await readFile(settings, 'utf8'), settings);
  const given = mergeTrees(
    {
      ...(options.method === undefined ? {} : { method: options.method }),
      ...(options.tune === undefined ? {} : { tune: { enabled: options.tune } }),
    },
    parseAssignments(options.set),
  );
  const folders = runFolders(run);
  const chosen = await chosenSystem(folders);
  // A pass of self-training has a decoder of its own, whose weights were not tuned.
  const base =
    chosen.pass === startName
      ? ((recipe['decode'] ?? {}) as Record<string, unknown>)
      : mergeTrees(await decoderSettings(chosen.decoder), { tune: { enabled: false } });
  const config = resolveConfig(decodeStage.config, [base, given], 'asr decode');
  const out = resolve(options.out ?? join(run, `decode-${String(config['method'])}`));
  const seed = typeof recipe['seed'] === 'number' ? recipe['seed'] : 1;
  const shared = {
    seed,
    data: existsSync(join(run, 'corpus')) ? resolve(run, 'corpus') : process.cwd(),
    log: createLog(),
    compute: computeSchema.parse({
      ...(recipe['compute'] ?? {}),
      ...(options.engine === undefined ? {} : { engine: options.engine }),
    }),
  };
  const inputs = { ...folders, learn: chosen.emission };
  const { afterStage, withInterrupt } = await import('./interrupt.js');
  const ofRun = await readFeaturesInfo(folders.features);
  if (chosen.frontEnd.kind !== ofRun.kind) {
    // The network hears frames of its own, which the run did not keep.
    inputs.features = resolve(run, `frames-${chosen.pass}`);
    const sound = { audio: folders.audio, vad: folders.vad };
    const features = { ...shared, inputs: sound, out: inputs.features, config: chosen.frontEnd.config };
    await withInterrupt((signal) => runStage(featuresStage, { ...features, signal }), afterStage(featuresStage, false));
  }
  const decoding = {
    ...shared,
    inputs: Object.fromEntries(decodeStage.reads.map((name) => [name, inputs[name as keyof typeof inputs]])),
    out,
    config,
    ...(chosen.pass === startName ? {} : { standIns: { learn: 'selftrain' } }),
  };
  const { record, skipped } = await withInterrupt(
    (signal) => runStage(decodeStage, { ...decoding, signal }),
    afterStage(decodeStage, false),
  );
  const model = chosen.pass === startName ? '' : `model of selftrain, ${chosen.pass}; `;
  const { method, lmWeight, wordScore, silenceWeight } = await decoderSettings(join(out, decoderFolder));
  if (options.json)
    emitJson({
      out,
      upToDate: skipped,
      model: chosen.pass,
      settings: { method, lmWeight, wordScore, silenceWeight },
      counts: record.counts,
    });
  else
    process.stdout.write(
      `${skipped ? 'Up to date' : 'Decoded'} (${model}${method}, lmWeight ${lmWeight}, wordScore ${wordScore}, ` +
        `silenceWeight ${silenceWeight}): ${out}\n`,
    );
}

function runFolders(
  run: string,
): Record<'audio' | 'vad' | 'features' | 'segments' | 'clusters' | 'learn' | 'decode' | 'selftrain' | 'text', string> {
  const of = (stage: string): string => resolve(run, stage);
  return {
    ...{ audio: of('audio'), vad: of('vad'), features: of('features'), segments: of('segments') },
    ...{ clusters: of('clusters'), learn: of('learn'), decode: of('decode'), selftrain: of('selftrain') },
    text: of('text'),
  };
}
