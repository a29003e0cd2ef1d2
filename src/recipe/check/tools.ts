// Which tools are there, in which versions, and whether this recipe needs the missing ones.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ffmpegVersion, findFfmpeg } from '../../audio/ffmpeg-program.js';
import { toAsrError } from '../../core/errors.js';
import { programVersion } from '../../core/version.js';
import { listedSources } from '../../bootstrap/speech-sources.js';
import { loadEspeak } from '../../espeak/espeak.js';
import type { RecipeConfig } from '../config.js';
import { findingOf, type Finding } from './finding.js';

const oldestNode = [20, 19] as const;

/** @param needsFfmpeg some recording of the sample is none that is read without it */
export async function checkTools(config: RecipeConfig, needsFfmpeg: boolean): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const old = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  const onnx = packageVersion('onnxruntime-node');
  const findings = [
    findingOf(
      'program',
      `${programVersion}, node ${process.versions.node}, onnxruntime ${onnx ?? 'missing'}`,
      { problem: old || onnx === undefined },
      'Training runs on onnxruntime under Node.',
      old ? `Install Node ${oldestNode.join('.')} or later.` : 'npm install onnxruntime-node',
    ),
    await checkFfmpeg(needsFfmpeg),
  ];
  if (needsEspeak(config)) findings.push(await checkEspeak(config.text.language));
  return config.learn.method === 'bootstrap' ? [...findings, checkBootstrap(config)] : findings;
}

const needsEspeak = ({ text }: RecipeConfig): boolean => text.unit === 'words' && text.pronunciation === 'espeak';

/** What `learn` would refuse after everything before it was paid for. */
export function checkBootstrap({ text, features, learn }: RecipeConfig): Finding {
  const made = features.kind === 'precomputed' || features.kind === 'supervised-stand-in';
  const byEspeak = listedSources(learn.bootstrap.sources).some(({ kind }) => kind === 'espeak');
  const silent = byEspeak && (text.unit !== 'words' || text.pronunciation !== 'espeak');
  return findingOf(
    'bootstrap',
    made
      ? `features.kind=${features.kind}: these frames cannot be made of synthetic speech`
      : silent
        ? `text.unit=${text.unit}, text.pronunciation=${text.pronunciation}: nobody ` +
          'can read this text aloud in its own phones'
        : (byEspeak ? 'eSpeak NG reads the text; ' : 'speech of the sources that are listed; ') +
          (features.kind === 'logmel' && features.normalise === 'none'
            ? 'a network of log-mel bands'
            : `a small network on frames of ${features.kind}`) +
          ' learns from it',
    { problem: made || silent },
    'learn.method=bootstrap sends synthetic speech of the text through the front end of the recordings.',
    made
      ? 'Run the encoder here (docs/encoders.md), or set features.kind=logmel and features.normalise=none.'
      : 'Give a text of words with text.pronunciation=espeak, or set learn.method=matching.',
  );
}

async function checkFfmpeg(needed: boolean): Promise<Finding> {
  const why = 'ffmpeg decodes everything but plain wav, SPHERE and FLAC.';
  try {
    const path = await findFfmpeg();
    const version = await ffmpegVersion(path).catch(() => undefined);
    return findingOf(
      'ffmpeg',
      version === undefined ? `${path} does not run` : `${version} (${path})`,
      { problem: version === undefined && needed },
      why,
      'Install ffmpeg again.',
    );
  } catch (error) {
    const { message, hint } = toAsrError(error);
    return findingOf(
      'ffmpeg',
      needed ? message : 'not found; this corpus does not need it',
      { problem: needed },
      why,
      hint ?? 'Install ffmpeg.',
    );
  }
}

async function checkEspeak(language: string): Promise<Finding> {
  const why = 'eSpeak NG turns the words of the text into phones.';
  if (language === '')
    return findingOf(
      'eSpeak NG',
      'text.language is empty: it names the voice that speaks the text',
      { problem: true },
      why,
      'Set text.language (es, de, en-us …), or text.pronunciation to lexicon or letters.',
    );
  try {
    (await loadEspeak()).phonemise('a', language);
    return findingOf(
      'eSpeak NG',
      `npm package ${packageVersion('@echogarden/espeak-ng-emscripten') ?? '?'}, voice "${language}"`,
      {},
      why,
      '',
    );
  } catch (error) {
    const { message, hint } = toAsrError(error);
    return findingOf(
      'eSpeak NG',
      message,
      { problem: true },
      why,
      hint ?? 'Set text.language, or text.pronunciation=lexicon.',
    );
  }
}

/** Of an installed package, found from its entry upwards; undefined where it is missing. */
function packageVersion(name: string): string | undefined {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    return undefined;
  }
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const read = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (read.name === name) return read.version;
    } catch {
      /* no package.json here: look further up */
    }
  }
  return undefined;
}
