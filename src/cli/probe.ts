// `asr probe`: how much features know about phones, from labelled frames. For evaluation alone: nothing else reads them.
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { emitJson, given, type JsonOption } from './options.js';

interface ProbeCommandOptions extends JsonOption {
  readonly alignment: string;
  readonly vad?: string;
  readonly silence: string;
  readonly frames: string;
  readonly context: string;
  readonly clusters: string;
  readonly triples: string;
  readonly seed: string;
  readonly engine: string;
}

export function addProbeCommand(program: Command): void {
  program.command('probe')
    .description('measure what features know about phones, where some frames are labelled (evaluation only; docs/encoders.md)')
    .argument('<features>', 'folder of a finished features stage, for instance runs/mboshi/features')
    .requiredOption('--alignment <file>', 'table with `phone:start:end …` in seconds by recording id, or CTM', given)
    .option('--vad <folder>', 'folder of the vad stage; default: beside the features')
    .option('--silence <symbol>', 'how the alignment names silence', 'SIL')
    .option('--frames <n>', 'frames looked at; utterances are drawn', '100000')
    .option('--context <n>', 'linear probe: neighbouring frames on each side', '0')
    .option('--clusters <n>', 'frame clusters', '100')
    .option('--triples <n>', 'ABX: triples within and across speakers', '10000')
    .option('--seed <n>', 'every random number follows from it', '1')
    .option('--engine <name>', 'where graphs run: cpu, webgpu, cuda, tfjs or auto', 'cpu')
    .option('--json', 'one line of JSON on stdout')
    .action(probeCommand);
}

async function probeCommand(features: string, options: ProbeCommandOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { createLog } = await import('../core/log.js');
  const { computeSchema } = await import('../core/stage.js');
  const number = (name: 'frames' | 'context' | 'clusters' | 'triples' | 'seed', least: number): number => {
    const value = Number(options[name]);
    if (!Number.isInteger(value) || value < least) throw new AsrError('usage', `--${name} ${options[name]}: expected a whole number, ${least} or more`);
    return value;
  };
  const { data: compute } = computeSchema.safeParse({ engine: options.engine });
  if (!compute) throw new AsrError('usage', `--engine ${options.engine}: expected cpu, webgpu, cuda, tfjs or auto`);
  const { probe } = await import('../probe/probe.js');
  const result = await probe({
    features, vad: options.vad ?? join(dirname(resolve(features)), 'vad'), alignment: options.alignment, silence: options.silence, compute, log: createLog(),
    frames: number('frames', 1), context: number('context', 0), clusters: number('clusters', 2), triples: number('triples', 1), seed: number('seed', 0),
  });
  if (options.json) {
    emitJson(result);
    return;
  }
  const percent = (share: number | undefined): string => (share === undefined ? 'no triples' : `${(100 * share).toFixed(1)} %`);
  const rows: [string, string][] = [
    ['features', `${result.kind}, ${result.dim} dimensions; ${result.frames} frames of ${result.utterances} utterances, ${result.phones} phones`],
    ['linear probe', `${percent(result.linear)} of frames right without silence, ${percent(result.linearWithSilence)} with it`],
    ['ABX error', `${percent(result.abxWithin?.error)} within a speaker, ${percent(result.abxAcross?.error)} across (chance 50 %)`],
    ['clusters', `${result.clusters.count}: purity ${percent(result.clusters.purity)}, PNMI ${result.clusters.pnmi.toFixed(3)}`],
    ['boundaries', `F1 ${percent(result.boundaryF1)} within 20 ms, ${result.segmentsPerSecond.toFixed(1)} segments per second (${result.phonesPerSecond.toFixed(1)} phones)`],
  ];
  for (const [name, text] of rows) process.stdout.write(`${name.padEnd(14)}${text}\n`);
}
