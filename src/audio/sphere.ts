// A NIST SPHERE file's bytes in (TIMIT, Switchboard and other LDC corpora, often named .WAV or .sph), mono 16 kHz
// samples out: a text header, then linear PCM or mu-law. Shorten compression is told apart and refused by name.
import { AsrError } from '../core/errors.js';
import { MonoCollector, type GridAudio, type MixOptions } from './mono.js';

const magic = 'NIST_1A';
const unpackHint =
  'Unpack it first, for instance with `sph2pipe -f rif IN.sph OUT.wav` (LDC) or ' +
  '`w_decode -o pcm IN.wav OUT.wav` (NIST SPHERE tools).';
const chunkFrames = 1 << 16;

export function looksLikeSphere(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(0, magic.length)) === magic;
}

export interface SphereHeader {
  /** Where the samples begin, in bytes. */
  readonly bytes: number;
  readonly rate: number;
  readonly channels: number;
  readonly sampleBytes: number;
  readonly coding: string;
  readonly bigEndian: boolean;
  /** Samples of one channel as promised; undefined where the header does not say. */
  readonly samples: number | undefined;
}

/**
 * `key -i value` lines between the magic, the header's size, and `end_head`.
 * @throws AsrError 'input' when it is none
 */
export function readSphereHeader(file: Uint8Array, where: string): SphereHeader {
  const text = new TextDecoder('latin1').decode(file.subarray(0, Math.min(file.length, 65_536)));
  const bytes = Number(text.split('\n', 2)[1]);
  const end = text.indexOf('end_head');
  if (!looksLikeSphere(file) || !(bytes >= 16) || end < 0 || end > bytes)
    throw damaged(where, 'its header is cut short');
  const fields = new Map<string, string>();
  for (const line of text.slice(0, end).split('\n').slice(2)) {
    const [, key, value] = /^(\S+)\s+-[irs]\d*\s(.*)$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value.trim());
  }
  const number = (key: string): number | undefined => (fields.has(key) ? Number(fields.get(key)) : undefined);
  const coding = (fields.get('sample_coding') ?? 'pcm').toLowerCase();
  return {
    bytes,
    rate: number('sample_rate') ?? NaN,
    channels: number('channel_count') ?? 1,
    coding,
    sampleBytes: number('sample_n_bytes') ?? (/^(ulaw|mu-law|alaw)/.test(coding) ? 1 : 2),
    bigEndian: fields.get('sample_byte_format') === '10',
    samples: number('sample_count'),
  };
}

/**
 * @param file all of its bytes
 * @returns undefined for a coding that is left to ffmpeg (A-law, odd sample sizes)
 * @throws AsrError 'input' for a damaged header, for shorten compression, and when there are no samples
 */
export function decodeSphere(file: Uint8Array, where: string, options: MixOptions = {}): GridAudio | undefined {
  const header = readSphereHeader(file, where);
  const { rate, channels, coding, sampleBytes } = header;
  if (/shorten/.test(coding))
    throw new AsrError('input', `${where}: a SPHERE file compressed with shorten (${coding})`, unpackHint);
  if (/wavpack|shortpack/.test(coding))
    throw new AsrError(
      'input',
      `${where}: a SPHERE file compressed with ${coding.split(',')[1] ?? coding}`,
      unpackHint,
    );
  const convert =
    coding === 'pcm' && sampleBytes === 2
      ? linear(header.bigEndian)
      : /^(ulaw|mu-law)$/.test(coding) && sampleBytes === 1
        ? muLaw
        : undefined;
  if (!convert) return undefined;
  const collector = new MonoCollector(where, rate, channels, { lookFirst: true, peak: 0, ...options });
  const frameBytes = channels * sampleBytes;
  const there = Math.max(0, Math.floor((file.length - header.bytes) / frameBytes));
  const frames = Math.min(there, header.samples ?? there);
  for (let frame = 0; frame < frames; frame += chunkFrames) {
    const from = header.bytes + frame * frameBytes;
    collector.push(convert(file.subarray(from, from + Math.min(chunkFrames, frames - frame) * frameBytes)));
  }
  const audio = collector.finish();
  return header.samples !== undefined && there < header.samples
    ? { ...audio, warning: `cut short: ${there} of ${header.samples} samples are there` }
    : audio;
}

function damaged(where: string, what: string): AsrError {
  return new AsrError('input', `${where}: no SPHERE file: ${what}`, 'Copy it again from its source, or leave it out.');
}

/** 16-bit integers to samples of full scale 1. */
function linear(bigEndian: boolean): (bytes: Uint8Array) => Float32Array {
  return (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = new Float32Array(bytes.length >> 1);
    for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, !bigEndian) / 32768;
    return samples;
  };
}

/** ITU-T G.711 mu-law to samples of full scale 1. */
function muLaw(bytes: Uint8Array): Float32Array {
  const samples = new Float32Array(bytes.length);
  for (let i = 0; i < samples.length; i++) {
    const code = ~(bytes[i] as number) & 0xff;
    const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
    samples[i] = ((code & 0x80) === 0 ? magnitude : -magnitude) / 32768;
  }
  return samples;
}
