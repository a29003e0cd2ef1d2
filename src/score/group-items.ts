// Scored utterances with the groups that they belong to: what tables say of people, and what the sound says of itself.
import { resolve } from 'node:path';
import type { StageIo } from '../core/stage.js';
import { readStageRecord } from '../core/stage-run.js';
import { readUtterances } from '../vad/folder.js';
import type { ScoreConfig } from './config.js';
import type { GroupedErrors } from './groups.js';
import { Metadata } from './metadata.js';
import { soundGroups } from './sound-groups.js';

/** @throws AsrError 'input' where `score.people` is no table of people */
export async function withGroups(
  io: StageIo<ScoreConfig, 'audio' | 'vad'>,
  utterances: readonly { readonly id: string; readonly speaker: string; readonly counts: GroupedErrors['counts'] }[],
): Promise<GroupedErrors[]> {
  const { audio, vad } = io.inputs;
  const people =
    io.config.people === undefined || io.config.people === ''
      ? await Metadata.ofCorpus((await readStageRecord(audio))?.config, io.data)
      : await Metadata.read(resolve(io.data, io.config.people));
  const sound = await soundGroups(audio, vad);
  const recordings = new Map<string, string>();
  for await (const { id, recording } of readUtterances(vad)) recordings.set(id, recording);
  return utterances.map(({ id, speaker, counts }) => {
    const recording = recordings.get(id) ?? id;
    return { speaker, counts, groups: { ...people?.of(recording, speaker), ...sound?.get(recording) } };
  });
}
