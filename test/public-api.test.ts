// What users of the package may count on: the names that it exports, and the types of the calls that docs/library.md
// shows. `npm run types` checks the types; a change here is a change for them, and belongs into the changelog.
import { expect, expectTypeOf, it } from 'vitest';
import * as api from '../src/index.js';

it('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'AsrError',
    'createLog',
    'formatNames',
    'formatTranscript',
    'liveSound',
    'loadModel',
    'makePlan',
    'planStates',
    'runPlan',
    'silentLog',
    'stageNames',
    'stages',
    'transcribe',
    'transcribeStream',
    'transcriptSchema',
    'transcriptVersion',
  ]);
});

it('keeps the types of its calls', () => {
  expectTypeOf(api.loadModel).parameter(0).toEqualTypeOf<string>();
  expectTypeOf(api.loadModel).returns.resolves.toEqualTypeOf<api.Model>();
  expectTypeOf(api.transcribe).parameters.toEqualTypeOf<[api.Model, api.SoundSource, api.TranscribeOptions?]>();
  expectTypeOf(api.transcribe).returns.resolves.toEqualTypeOf<api.Transcript>();
  expectTypeOf<api.SoundSource>().toEqualTypeOf<string | Float32Array | AsyncIterable<Float32Array>>();
  expectTypeOf(api.transcribeStream).returns.toEqualTypeOf<
    AsyncGenerator<api.TranscribedUtterance, api.RecordingEnd>
  >();
  expectTypeOf(api.formatTranscript).parameter(1).toEqualTypeOf<api.FormatName>();
  expectTypeOf(api.formatTranscript).returns.toEqualTypeOf<string>();
  expectTypeOf<api.AsrError['code']>().toEqualTypeOf<api.ErrorCode>();
});
