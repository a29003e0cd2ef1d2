// What an adversarial training works with: its data in batches, both networks, a session for each size of step, its
// checkpoints and its logs; all as the last checkpoint left them, where there is one of the same training.
import { join } from 'node:path';
import { JsonlWriter } from '../core/jsonl.js';
import { SessionCache } from '../engine/index.js';
import { CheckpointFolder } from '../training/checkpoint.js';
import { Batches } from './batches.js';
import { generatorPadding } from './config.js';
import { ganFacts, type GanFacts } from './evaluate.js';
import { ForwardPass } from './forward-pass.js';
import { isPlain } from './generator-network.js';
import type { UpdateMetrics } from './metrics.js';
import { usable, type GanOptions } from './options.js';
import { runKey } from './run-key.js';
import { pairShares } from './statistics.js';
import { CachedSegments } from './segment-source.js';
import {
  compileDiscriminatorStep,
  compileGeneratorStep,
  createGanState,
  type DiscriminatorStep,
  type GanState,
  type GeneratorStep,
} from './step.js';
import type { GanShape, StepSize } from './step-inputs.js';

const logNames = { metrics: 'metrics.jsonl', evaluations: 'evaluations.jsonl' } as const;

type StepKey = StepSize & { network: UpdateMetrics['network'] };

export interface TrainingParts {
  readonly shape: GanShape;
  readonly ids: readonly string[];
  readonly sentences: readonly Int32Array[];
  readonly segments: CachedSegments;
  readonly batches: Batches;
  /** Of the text, where a term of the loss matches them; else empty. */
  readonly pairShares: Float32Array;
  readonly state: GanState;
  readonly forward: ForwardPass;
  readonly steps: SessionCache<StepKey, DiscriminatorStep | GeneratorStep>;
  readonly folder: CheckpointFolder<GanFacts>;
  readonly logs: { readonly metrics: JsonlWriter; readonly evaluations: JsonlWriter };
  /** What the checkpoint says beside the weights; undefined where the training begins. */
  readonly found: Awaited<ReturnType<CheckpointFolder<GanFacts>['restore']>>;
}

/** @throws AsrError 'input' when there is nothing to train on, 'config' for settings that do not go together */
export async function openTraining(options: GanOptions): Promise<TrainingParts> {
  const { config, rng, compute, vocabulary, checkpointFolder } = options;
  const { ids, columns, sentences } = usable(options);
  const shape: GanShape = {
    batch: Math.min(config.batch, ids.length),
    columns,
    classes: vocabulary.size + config.specials,
  };
  const segments = new CachedSegments(options.segments, config.cacheMiB * 2 ** 20);
  const batches = new Batches(
    segments,
    {
      ids,
      columns,
      sentences,
      drawing: config,
      batch: shape.batch,
      pad: generatorPadding(config.generator),
      dropout: config.generator.dropout,
      masked: !isPlain(config),
      ...(config.anchor.weight > 0 && options.anchor ? { anchorOf: options.anchor } : {}),
      ...(config.auxiliary.weight > 0 && options.auxiliaryLabels ? { labelsOf: options.auxiliaryLabels } : {}),
    },
    rng.fork('batches'),
  );
  const state = createGanState(shape, config, rng.fork('weights'));
  if (options.start) state.set({ 'g.w': options.start });
  const folder = new CheckpointFolder(
    checkpointFolder,
    runKey(options, shape, ids, sentences),
    Object.values(logNames),
    ganFacts,
  );
  const found = await folder.restore(state);
  const openLog = (name: string): Promise<JsonlWriter> =>
    JsonlWriter.create(join(checkpointFolder, name), found !== undefined);
  return {
    shape,
    ids,
    sentences,
    segments,
    batches,
    pairShares: config.pairs.weight > 0 ? pairShares(sentences, shape.classes) : new Float32Array(0),
    state,
    forward: new ForwardPass(state, config, shape, compute),
    steps: new SessionCache<StepKey, DiscriminatorStep | GeneratorStep>(config.sessions, ({ network, ...size }) =>
      (network === 'generator' ? compileGeneratorStep : compileDiscriminatorStep)(state, shape, config, size, compute),
    ),
    folder,
    logs: { metrics: await openLog(logNames.metrics), evaluations: await openLog(logNames.evaluations) },
    found,
  };
}
