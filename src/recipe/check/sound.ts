// Findings about the sound: how much there is, what of it cannot be read, rates, clipping, silence.
import type { VadConfig } from '../../vad/config.js';
import { sampleRate } from '../../core/time.js';
import { duration } from '../../core/readable.js';
import { findingOf, percent, quantile, type Finding } from './finding.js';
import type { SampledCorpus, MeasuredSample } from './sample.js';

/** Seconds of speech in the whole corpus, from the mean of the sample. */
export function expectedSeconds(
  listing: SampledCorpus,
  { recordings, failures }: MeasuredSample,
): { sound: number; trainSpeech: number } {
  const tried = Math.max(1, recordings.length + failures.length);
  const mean = (value: (of: MeasuredSample['recordings'][number]) => number): number =>
    recordings.reduce((sum, item) => sum + value(item), 0) / tried;
  return {
    sound: (listing.train + listing.test) * mean(({ seconds }) => seconds),
    trainSpeech: listing.train * mean(({ speech }) => speech),
  };
}

export function checkSound(listing: SampledCorpus, sample: MeasuredSample, vad: VadConfig): Finding[] {
  const { recordings, failures } = sample;
  const all = listing.train + listing.test;
  const tried = recordings.length + failures.length;
  const expected = expectedSeconds(listing, sample);
  const findings = [
    findingOf(
      'recordings',
      `${all} (${listing.train} train, ${listing.test} test) of ${listing.speakers} speaker` +
        `${listing.speakers === 1 ? '' : 's'}, about ${duration(expected.sound)}` +
        (listing.bad > 0 ? `; ${listing.bad} entries cannot be used: ${listing.reasons.join('; ')}` : ''),
      { problem: all === 0 || listing.train === 0 || listing.bad > all, warning: listing.bad > 0 },
      listing.train === 0 && all > 0
        ? 'Every recording is in the test part: there is nothing to learn from.'
        : 'Entries that cannot be used are left out of the run, each by name.',
      listing.train === 0 && all > 0
        ? 'Lower audio.testShare, or name a training part in audio.parts.'
        : 'Mend the paths or the manifest, or set audio.layout (docs/corpora.md).',
    ),
  ];
  if (tried === 0) return findings;
  findings.push(
    findingOf(
      'decoding',
      failures.length === 0
        ? `${tried} recordings of the sample can be read`
        : `${failures.length} of ${tried} cannot be read: ${failures.slice(0, 3).join('; ')}`,
      { problem: failures.length > tried / 2, warning: failures.length > 0 },
      'A recording that cannot be decoded is left out, and counts as deletions where it would be scored.',
      'Copy or convert them again; the reason stands beside each.',
    ),
  );
  if (recordings.length === 0) return findings;
  return [...findings, ...checkMeasures(sample, expected.trainSpeech, vad)];
}

function checkMeasures({ recordings }: MeasuredSample, trainSpeech: number, vad: VadConfig): Finding[] {
  const share = (test: (of: (typeof recordings)[number]) => boolean): number =>
    recordings.filter(test).length / recordings.length;
  const lengths = recordings.map(({ seconds }) => seconds);
  const total = lengths.reduce((sum, seconds) => sum + seconds, 0);
  const speech = recordings.reduce((sum, item) => sum + item.speech, 0);
  const silent = share((item) => item.speech < vad.minSpeech);
  const low = recordings.filter(({ sourceRate }) => sourceRate < sampleRate);
  const rates = [
    ...new Set(recordings.map(({ sourceRate, channels }) => `${sourceRate} Hz${channels > 1 ? ` × ${channels}` : ''}`)),
  ];
  const clipping = recordings.filter(({ clipped }) => clipped > 1e-4);
  const changed = recordings.filter(({ note }) => note !== undefined);
  const damaged = recordings.filter(({ warning }) => warning !== undefined);
  return [
    findingOf(
      'durations',
      `${duration(quantile(lengths, 0))} to ${duration(quantile(lengths, 1))}, median ` +
        duration(quantile(lengths, 0.5)),
      { warning: quantile(lengths, 0.5) < 1 },
      'Utterances of one word teach little about which phone follows which; longer recordings are cut at their pauses.',
      'Leave the short ones out with audio.minSeconds, or join them.',
    ),
    findingOf(
      'amount',
      `about ${duration(trainSpeech)} of speech to learn from`,
      { problem: trainSpeech < 60, warning: trainSpeech < 1800 },
      'Statistics of phones need speech: under half an hour learning is luck.',
      'Add recordings; they need no transcript.',
    ),
    findingOf(
      'sample rates',
      `${rates.slice(0, 6).join(', ')}` +
        (low.length > 0 ? `; ${percent(low.length / recordings.length)} below 16 kHz` : ''),
      { warning: low.length > 0 },
      'Sound below 16 kHz holds nothing above half its rate, where s, f and sh ' +
        'differ; mixed rates look like mixed speakers.',
      'Take the originals; if all is telephone speech, set features.highHz to 3800.',
    ),
    findingOf(
      'clipping',
      clipping.length === 0
        ? 'none'
        : `${percent(clipping.length / recordings.length)} of the recordings clip, for instance "` +
            `${clipping[0]?.candidate.id}" in ${percent(clipping[0]?.clipped ?? 0)} of its samples`,
      { problem: clipping.length > recordings.length / 2, warning: clipping.length > recordings.length / 20 },
      'Samples cut off at full scale sound like every phone at once.',
      'Record or export them again at a lower level.',
    ),
    findingOf(
      'silence',
      `${percent(1 - speech / Math.max(total, 1e-9))} of the sound is cut as silence` +
        (silent > 0 ? `; ${percent(silent)} of the recordings hold no speech` : ''),
      { problem: silent > 0.5, warning: silent > 0.05 || speech < 0.3 * total },
      'Recordings without speech are left out; much silence usually means noise that the threshold does not fit.',
      'Listen to some; vad.energy.belowPeak and vad.energy.floor set the threshold.',
    ),
    ...(changed.length === 0
      ? []
      : [
          findingOf(
            'channels and level',
            `${percent(changed.length / recordings.length)} are not taken as they are, for instance "` +
              `${changed[0]?.candidate.id}": ${changed[0]?.note}`,
            { warning: true },
            'Samples beyond full scale would be cut off, and channels in opposite phase would vanish in their average.',
            'Nothing has to be done; export them again if this is not what was meant.',
          ),
        ]),
    ...(damaged.length === 0
      ? []
      : [
          findingOf(
            'damage',
            `${percent(damaged.length / recordings.length)} are damaged, for instance "${damaged[0]?.candidate.id}` +
              `": ${damaged[0]?.warning}`,
            { warning: true },
            'They are decoded as far as possible; the rest is lost.',
            'Copy them again from their source.',
          ),
        ]),
  ];
}
