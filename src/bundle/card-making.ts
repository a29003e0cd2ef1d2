// Two parts of the card: what was labelled by people in the making of the model, and errors by group with intervals.
import type { SourceFacts } from '../bootstrap/source-facts.js';
import { hearsEncoder } from '../features/config.js';
import { describeGroup, type GroupReport } from '../score/groups.js';
import type { BundleConfig } from './config.js';
import type { ModelContent } from './model-record.js';

/** What of the model rests on somebody's labels; 'none' where nothing does. */
export function labelledParts(model: ModelContent, config: BundleConfig): string[] {
  const { features, provenance, text } = model;
  const parts: string[] = [];
  if (features.kind === 'supervised-stand-in')
    parts.push(
      '**transcripts of this corpus**: its features are a supervised stand-in, ' +
        'a benchmark and no learning without labels',
    );
  else if (hearsEncoder(features.kind))
    parts.push(
      'an encoder that was trained elsewhere: whether labelled speech took part in that, its own card says ' +
        "(Whisper's did; wav2vec 2.0, HuBERT, WavLM and data2vec learn from sound alone unless they are fine-tuned)",
    );
  const { sources } = provenance;
  if (sources) parts.push(...sources.map(describeSource));
  else if (provenance.syntheticSpeech)
    parts.push('a synthesiser (eSpeak NG: rules and sounds that people made for its languages) read the text aloud');
  if (text?.pronunciation === 'espeak') parts.push("eSpeak NG's pronunciation rules");
  if (text?.pronunciation === 'lexicon') parts.push('a pronunciation lexicon');
  const own = config.rights?.labelled.trim() ?? '';
  if (own !== '') parts.push(own);
  return parts.length > 0 ? parts : ['none'];
}

/** Who labelled what in it, how much of it there was, and how its phones were taken. */
function describeSource({ name, labelled, utterances, seconds, share, changed, unknown }: SourceFacts): string {
  return (
    `${name}: ${labelled}; ${utterances} utterances, ${(seconds / 60).toFixed(0)} minutes, ` +
    `${(100 * share).toFixed(0)} % of the speech beside the recordings` +
    (changed.length > 0
      ? `; phones taken for others: ${changed.map(([from, to]) => `${from} as ${to}`).join(', ')}`
      : '') +
    (unknown.length > 0 ? `; phones without a label: ${unknown.join(' ')}` : '')
  );
}

/** Whether transcripts of other recordings took part. */
export const withTranscripts = ({ provenance }: Pick<ModelContent, 'provenance'>): boolean =>
  provenance.sources?.some(({ kind }) => kind === 'folder') === true;

/** Groups of few are left out: a card travels, and one voice of an age and a village is a person. */
export function groupsSection(groups: GroupReport | undefined): string {
  const all = Object.entries(groups?.attributes ?? {}).flatMap(([attribute, rows]) =>
    rows.map((row) => ({ attribute, row })),
  );
  if (!groups || all.length === 0) return '## By group\nNot known: nothing was measured, or no groups are known.\n';
  const shown = all.filter(({ row }) => row.speakers >= groups.fewestSpeakers);
  const few = all.length - shown.length;
  const rows = shown.map(({ attribute, row }) => {
    const { rate, interval, says } = describeGroup(row);
    return `| ${attribute}: ${row.name.replaceAll('|', '/')} | ${rate} | ${interval} | ${row.speakers} | ${says} |`;
  });
  return `## By group
${
  rows.length === 0
    ? ''
    : `| group | PER | interval (95 %) | speakers | against the others |
|---|---|---|---|---|
${rows.join('\n')}

Speakers were drawn with replacement ${groups.draws} times (seed ${groups.seed}).
No difference shown is not no difference.
`
}${few === 0 ? '' : `\n${few} groups of fewer than ${groups.fewestSpeakers} speakers are left out.\n`}`;
}
