// The model card: what a person should know before using the model, in Markdown.
import type { ModelRecord } from './model-folder.js';

export function modelCard(record: Omit<ModelRecord, 'files'>): string {
  const { provenance } = record;
  const hours = (provenance.trainSeconds / 3600).toFixed(2);
  return `# ${record.title}

Speech recogniser that was learned without transcripts, by ${record.program}. It turns speech into phones with times.

| | |
|---|---|
| Learned from | ${hours} h of untranscribed speech and ${provenance.textSentences} sentences of unrelated text |
| Phones | ${record.phones.filter((phone) => phone !== record.silence).join(' ')} |
| Label-free metric | ${provenance.metric === null ? 'unknown' : provenance.metric.toPrecision(4)} (language model perplexity over vocabulary use squared; lower is better) |
| Licence | ${record.licence || 'not stated; mind the licence of the corpus'} |

Use it: \`asr transcribe FILE --model THIS_FOLDER\`

## Limits
No human transcript was used in learning, so nothing guarantees which errors it makes. Voices, languages and
recording conditions unlike those it learned from are recognised worse. The phone error rate, where references
exist, is in \`score/score.json\` of the run that made it.

## Responsible use
Do not use its output as evidence of what somebody said without listening to the recording. Ask before you
transcribe people.
`;
}
