// The model card: what a person should know before using the model, in Markdown, after Mitchell et al., "Model Cards
// for Model Reporting" (2019).
import type { GroupReport } from '../score/groups.js';
import { groupsSection, labelledParts, withTranscripts } from './card-making.js';
import type { BundleConfig } from './config.js';
import { rightsSection } from './rights.js';
import { startName } from '../selftrain/output.js';
import type { ModelContent } from './model-record.js';

export const cardFile = 'README.md';

const usualUse = 'Made for a first look at speech that nobody has transcribed, by people who listen to what matters.';
const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;

const modelKinds: Readonly<Record<string, string>> = {
  table: 'a table of units and phones',
  generator: 'a generator network over segments or frames',
  hmm: 'hidden Markov models of phones',
  network: 'a network that learned from synthetic speech',
  triphone: 'hidden Markov models of phones in context',
  ctc: 'a convolutional network trained with CTC',
};

/** Error rates of words beyond which nobody wants to read them: more than every second is wrong. */
const readableWer = 0.5;

/**
 * Whether what people want to read is words: there are some, and they are good where they were measured. Where they
 * were not, those of a model that self-training made are taken to be good; others have half of their words wrong.
 */
export function showsWords({ decode, measured, model }: Pick<ModelContent, 'decode' | 'measured' | 'model'>): boolean {
  if (decode.method !== 'words') return false;
  return measured?.words ? measured.words.wer <= readableWer : model?.pass !== startName;
}

/** @param groups errors by groups of people and sound, where they were measured */
export function modelCard(model: ModelContent, config: BundleConfig, groups?: GroupReport): string {
  const { provenance, measured, verdict } = model;
  const phones = model.phones.filter((phone) => phone !== model.silence);
  const hours = (provenance.trainSeconds / 3600).toFixed(2);
  const speakers =
    provenance.speakers === undefined
      ? ''
      : ` of ${provenance.speakers} ${provenance.speakers === 1 ? 'speaker' : 'speakers'}`;
  const output = model.decode.method === 'words' ? 'words and phones with times' : 'phones with times';
  return (
    `# ${model.title}

Speech recogniser that was learned without transcripts${
      withTranscripts(model) ? ' of the speech it is for, beside labelled recordings of other speech' : ''
    }, by ${model.program}. It turns speech into ${output}.

| | |
|---|---|
| Language | ${config.language || 'not stated'} |
| Learned from | ${hours} h of untranscribed speech${speakers} and ${
      provenance.textSentences
    } sentences of unrelated text${
      provenance.syntheticSpeech
        ? ', which a synthesiser read aloud: the model first learned from that synthetic speech'
        : ''
    } |
| Phones | ${phones.length}: ${phones.join(' ')} |
| Model | ${
      model.model
        ? `${modelKinds[model.model.kind] ?? model.model.kind}` +
          (model.model.pass === startName ? '' : `, which self-training made (pass ${model.model.pass})`)
        : 'as learned'
    } |
| Decoding | ${model.decode.method} |
| Label-free metric | ${
      provenance.metric === null ? 'unknown' : provenance.metric.toPrecision(4)
    } (language model perplexity over vocabulary use squared; lower is better) |
| Licence | ${model.licence || 'not stated; mind the licence of the corpus'} |

Use it: \`asr transcribe FILE --model THIS_FOLDER\`

## Training data
${
  config.trainingData ||
  `Not described by whoever made the model, beyond ${hours} h of sound${speakers} and ` +
    `${provenance.textSentences} sentences.`
}

${rightsSection(config.rights)}
## What was labelled in the making
${labelledParts(model, config)
  .map((part) => `- ${part}`)
  .join('\n')}

## What the making took
In its run, \`stage.json\` in the folder of every stage has \`seconds\` and \`energy\` (\`joules\`, read or
estimated), and the report their sum. They are not here: they are never the same twice, and a model's files are.

## How good it is
${
  verdict === undefined
    ? ''
    : `**${verdict.verdict[0]!.toUpperCase()}${verdict.verdict.slice(1)}**, judged without labels: ${verdict.reason}.${
        verdict.verdict === 'not converged'
          ? ' Its transcripts are worthless.'
          : verdict.verdict === 'doubtful'
            ? ' Expect more wrong than right.'
            : ''
      }

`
}| phone error rate (PER) | |
|---|---|
| without a labelled development set: settings and run chosen by the label-free metric | ${
      measured
        ? `${percent(measured.per)} on ${measured.utterances} utterances ` +
          (measured.split === 'test'
            ? 'that it never learned from'
            : '(all of the corpus: it learned from their sound)')
        : 'not measured: there were no references'
    } |
| with a labelled development set: settings and run chosen by it | ${
      config.perWithDevelopmentSet === null ? 'not measured' : percent(config.perWithDevelopmentSet)
    } |
| a random sentence of the text, without listening | ${measured ? percent(measured.randomSentence) : 'not measured'} |

${wordErrors(model)}Of a hundred phones that are said, so many come out wrong, are left out, or are added. ` +
    `A figure from synthetic or
read speech says little about conversations.

${groupsSection(groups)}
## Intended use
${config.intendedUse || `Not stated by whoever made the model. ${usualUse}`}

## Unintended use
- Evidence of what somebody said; watching people; deciding about them.
- Labels of what was said, or of whom it harms, without a person who listens.
${config.unintendedUse === '' ? '' : `- ${config.unintendedUse}\n`}
## Limits
- No ${
      withTranscripts(model) ? 'transcript of its own recordings' : 'human transcript'
    } was used in learning, so nothing guarantees which errors it makes; sounds that mean different
  words may be confused throughout.
- Voices, accents, languages, microphones and rooms unlike those it learned from are recognised worse. Several people
  at once, music and far microphones were not part of its training.
- Speech is cut out by loudness: noise as loud as speech is transcribed as if somebody spoke.
- It knows ${phones.length} phones. Others come out as one of these.
${config.limits === '' ? '' : `- ${config.limits}\n`}
## Responsible use
- Do not use its output as evidence of what somebody said without listening to the recording.
- Ask before you record and transcribe people; recordings of people are personal data.
- A language community should have a say in tools made from its speech. Ask whose speech this model was made from, and
  what they agreed to, before you publish it or sell what you make with it.
- Do not use it to watch people, nor to decide about them.
`
  );
}

function wordErrors({ decode, measured }: ModelContent): string {
  if (decode.method !== 'words') return '';
  const words = measured?.words;
  if (!words) return 'Words were not measured: there were no references of words.\n\n';
  const { wer, inText, unknownShare } = words;
  const known =
    inText === undefined || unknownShare === undefined
      ? ''
      : `| of words that the text has; ${percent(unknownShare)} of what was said it has not | ${percent(inText)} |\n`;
  return `| word error rate (WER) | |
|---|---|
| all words | ${percent(wer)} |
${known}
${
  wer <= readableWer
    ? '`asr transcribe` prints words; words outside the lexicon are spelt ' +
      'by how they sound, and marked `spelt` in JSON.'
    : 'More than every second word is wrong, so that `asr transcribe` prints phones; words are in JSON.'
}

`;
}
