// The models that are served, by name: threads with a model each for recordings, one more for live sound,
// loaded when the first asks for it.
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { findModelFolder } from '../bundle/model-folder.js';
import type { ModelRecord } from '../bundle/model-record.js';
import { disposeAll } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { openLiveThread, type LiveThread } from '../transcribe/live-thread.js';
import { createTranscriber, type Transcriber } from '../transcribe/transcriber.js';
import { Refusal } from './refusal.js';

/** A model as it is named on the command line. */
export interface NamedModel {
  readonly name: string;
  readonly folder: string;
}

export interface ServedModel {
  readonly name: string;
  readonly folder: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly record: ModelRecord;
  readonly transcriber: Transcriber;
  readonly live: () => Promise<LiveThread>;
}

/** `NAME=FOLDER`, or the folder alone, whose name is its run's. */
export function namedModel(text: string): NamedModel {
  const [, name, folder = ''] = /^([^=/\\]+)=(.+)$/su.exec(text) ?? [];
  if (name !== undefined) return { name, folder };
  const parts = resolve(text).split(/[\\/]/u);
  return { name: (parts.at(-1) === 'bundle' ? parts.at(-2) : parts.at(-1)) ?? basename(text), folder: text };
}

export class ServedModels {
  private constructor(readonly all: readonly ServedModel[]) {}

  /** @throws AsrError 'usage' for two of one name, 'model' for one that cannot be loaded */
  static async open(named: readonly NamedModel[], jobs: number, engine?: Compute['engine']): Promise<ServedModels> {
    const twice = named.find(({ name }, i) => named.findIndex((other) => other.name === name) !== i);
    if (twice)
      throw new AsrError(
        'usage',
        `two models are called ${JSON.stringify(twice.name)}`,
        `Give one another name: --model OTHER=${twice.folder}`,
      );
    const opened: ServedModel[] = [];
    try {
      for (const model of named) opened.push(await openModel(model, jobs, engine));
    } catch (error) {
      await disposeAll(opened.map(({ transcriber }) => transcriber));
      throw error;
    }
    return new ServedModels(opened);
  }

  /** @throws Refusal 404 where none has this name */
  find(name: string | undefined): ServedModel {
    const found = name === undefined ? this.all[0] : this.all.find((model) => model.name === name);
    if (found) return found;
    const names = this.all.map((model) => model.name).join(', ');
    throw new Refusal(404, 'model_not_found', `There is no model ${JSON.stringify(name)} here, but: ${names}.`, {
      param: 'model',
    });
  }

  async dispose(): Promise<void> {
    await disposeAll(this.all.flatMap((model) => [model.transcriber, { dispose: () => endLive(model) }]));
  }
}

const liveThreads = new WeakMap<ServedModel, Promise<LiveThread>>();

async function openModel({ name, folder }: NamedModel, jobs: number, engine?: Compute['engine']): Promise<ServedModel> {
  const found = findModelFolder(folder);
  const transcriber = await createTranscriber(found, { jobs, engine, apart: true });
  const served: ServedModel = {
    name,
    folder: found,
    created: Math.floor((await stat(join(found, 'model.json'))).mtimeMs / 1000),
    record: transcriber.record,
    transcriber,
    live: () => {
      let thread = liveThreads.get(served);
      if (!thread) {
        thread = openLiveThread(found, engine);
        liveThreads.set(served, thread);
        // What failed once, as where memory ran out, may go well for the next who asks.
        thread.catch(() => liveThreads.delete(served));
      }
      return thread;
    },
  };
  return served;
}

async function endLive(served: ServedModel): Promise<void> {
  const thread = await liveThreads.get(served)?.catch(() => undefined);
  await thread?.dispose();
}
