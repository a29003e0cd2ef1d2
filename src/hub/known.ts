// The encoders that docs/encoders.md names: what each is for a person who chooses one. Sizes are those of the file that
// is fetched, rounded; what is true at the time of fetching is said then.

export interface KnownEncoder {
  readonly name: string;
  /** Megabytes to fetch. */
  readonly megabytes: number;
  readonly blocks: number;
  readonly family: 'whisper' | 'self-supervised';
  readonly licence: string;
  /** What it has heard. */
  readonly languages: string;
}

const encoder = (
  name: string,
  megabytes: number,
  blocks: number,
  licence: string,
  languages: string,
): KnownEncoder => ({
  name,
  megabytes,
  blocks,
  family: name.startsWith('openai/whisper') ? 'whisper' : 'self-supervised',
  licence,
  languages,
});

const transcribed = '99 languages, with transcripts: not label-free';

export const knownEncoders: readonly KnownEncoder[] = [
  encoder('facebook/wav2vec2-base', 380, 12, 'Apache-2.0', 'English'),
  encoder('facebook/wav2vec2-large-lv60', 1270, 24, 'Apache-2.0', 'English'),
  encoder('facebook/wav2vec2-large-xlsr-53', 1270, 24, 'Apache-2.0', '53 languages'),
  encoder('facebook/wav2vec2-xls-r-300m', 1270, 24, 'Apache-2.0', '128 languages'),
  encoder('facebook/wav2vec2-xls-r-1b', 3850, 48, 'Apache-2.0', '128 languages'),
  encoder('facebook/mms-300m', 1270, 24, 'CC-BY-NC-4.0', '1400 languages'),
  encoder('facebook/mms-1b', 3850, 48, 'CC-BY-NC-4.0', '1400 languages'),
  encoder('facebook/hubert-base-ls960', 380, 12, 'Apache-2.0', 'English'),
  encoder('facebook/hubert-large-ll60k', 1260, 24, 'Apache-2.0', 'English'),
  encoder('utter-project/mHuBERT-147', 380, 12, 'CC-BY-NC-SA-4.0', '147 languages'),
  encoder('microsoft/wavlm-base-plus', 380, 12, 'CC-BY-SA-3.0', 'English'),
  encoder('microsoft/wavlm-large', 1260, 24, 'CC-BY-SA-3.0', 'English'),
  encoder('facebook/data2vec-audio-base', 370, 12, 'Apache-2.0', 'English'),
  encoder('facebook/data2vec-audio-large', 1250, 24, 'Apache-2.0', 'English'),
  encoder('facebook/w2v-bert-2.0', 2320, 24, 'MIT', '143 languages'),
  encoder('openai/whisper-base', 290, 6, 'Apache-2.0', transcribed),
  encoder('openai/whisper-large-v3-turbo', 1620, 32, 'Apache-2.0', transcribed),
];
