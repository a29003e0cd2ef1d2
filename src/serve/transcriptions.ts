// POST /v1/audio/transcriptions: a form with a recording in, its transcript out in the form that was asked for. The
// file is on the disk only as long as it is worked on.
import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { AsrError, toAsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { underSignals } from '../core/signals.js';
import { formats } from '../transcribe/formats/table.js';
import type { TranscribedUtterance, Transcript } from '../transcribe/transcript.js';
import type { Admission, QueueTicket } from './admission.js';
import { inTokens, plainAnswer, textOf, verboseAnswer, warningHeader, writtenAs } from './answers.js';
import type { Metrics } from './metrics.js';
import type { ServedModel, ServedModels } from './models.js';
import { isFileFormat, readQuestion, type AnswerName, type TranscriptionRequest } from './question.js';
import { Refusal, refusalOf } from './refusal.js';
import { receiveUpload, type Upload } from './upload.js';

export interface ServeState {
  readonly models: ServedModels;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Uploads lie in it. */
  readonly folder: string;
  /** Bytes of a file. */
  readonly mostBytes: number;
  /** Seconds that a recording may take. */
  readonly mostSeconds: number;
  /** Fires when the server ends and does not wait any longer. */
  readonly ending: AbortSignal;
}

export type ServeContext = Context<{ Bindings: HttpBindings }>;

const mediaTypes: Partial<Record<AnswerName, string>> = {
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
  eaf: 'application/xml; charset=utf-8',
  tsv: 'text/tab-separated-values; charset=utf-8',
};

export async function transcriptionAnswer(c: ServeContext, state: ServeState): Promise<Response> {
  const ticket = state.admission.enter();
  let upload: Upload | undefined;
  const end = async (seconds?: number): Promise<void> => {
    ticket.leave(seconds);
    await upload?.remove();
  };
  try {
    upload = await receiveUpload(c.env.incoming, state.folder, state.mostBytes);
    const question = readQuestion(upload.fields);
    const model = state.models.find(question.model);
    if (question.tokens === 'words' && model.record.decode.method !== 'words')
      throw new Refusal(400, 'no_words', `The model ${JSON.stringify(model.name)} knows no words.`, {
        param: 'tokens',
      });
    const work: Work = { state, ticket, upload, question, model, gone: goneSignal(c.env.outgoing) };
    if (question.stream) return streamed(c, work, end);
    const { transcript, took } = await transcribed(work);
    await end(took);
    return answer(c, inTokens(transcript, model.record, question.tokens), question);
  } catch (error) {
    await end();
    throw error;
  }
}

interface Work {
  readonly state: ServeState;
  readonly ticket: QueueTicket;
  readonly upload: Upload;
  readonly question: TranscriptionRequest;
  readonly model: ServedModel;
  readonly gone: AbortSignal;
}

/** Fires when nobody waits for the answer any more. */
function goneSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort(new Refusal(400, 'gone', 'The client has left.'));
  });
  return controller.signal;
}

async function transcribed(
  { state, ticket, upload, model, gone }: Work,
  onUtterance?: (utterance: TranscribedUtterance) => void,
): Promise<{ transcript: Transcript; took: number }> {
  const { mostSeconds, metrics, log } = state;
  const late = new AbortController();
  return underSignals([gone, state.ending, late.signal], async (signal) => {
    await ticket.turn(signal);
    const begun = performance.now();
    const timer = setTimeout(() => {
      late.abort(
        new Refusal(422, 'took_too_long', `The recording took more than ${mostSeconds} s: send it in parts.`, {
          param: 'file',
        }),
      );
    }, mostSeconds * 1000);
    try {
      const transcript = await model.transcriber.transcribe(upload.path, { name: upload.name, signal, onUtterance });
      const took = (performance.now() - begun) / 1000;
      metrics.heard(model.name, transcript.seconds, took);
      return { transcript, took };
    } catch (thrown) {
      if (thrown instanceof Refusal) throw thrown;
      const error = toAsrError(thrown);
      if (error.code !== 'input') log.error(`${model.name}: ${error.message}`);
      throw refusalOf(error, upload.path);
    } finally {
      clearTimeout(timer);
    }
  });
}

function answer(
  c: ServeContext,
  transcript: Transcript,
  { response_format: form, timestamp_granularities }: TranscriptionRequest,
): Response {
  if (form === 'json') return c.json(plainAnswer(transcript));
  if (form === 'verbose_json') return c.json(verboseAnswer(transcript, timestamp_granularities));
  if (form === 'transcript') return c.json(transcript);
  if (!isFileFormat(form)) throw new AsrError('internal', 'an answer in no form');
  return c.body(writtenAs(transcript, form), 200, {
    'content-type': mediaTypes[form] ?? 'text/plain; charset=utf-8',
    'content-disposition': `inline; filename="transcript.${formats[form].ending}"`,
    ...warningHeader(transcript),
  });
}

/** Stretches of speech as events, as soon as they are recognised. */
function streamed(c: ServeContext, work: Work, end: (seconds?: number) => Promise<void>): Response {
  const { model, question } = work;
  return streamSSE(c, async (stream) => {
    const send = (event: object): Promise<void> => stream.writeSSE({ data: JSON.stringify(event) });
    let sent = Promise.resolve();
    let first = true;
    try {
      const { transcript, took } = await transcribed(work, (utterance) => {
        const delta = textOf(inTokens(utterance, model.record, question.tokens));
        if (delta === '') return;
        const text = first ? delta : ` ${delta}`;
        first = false;
        sent = sent.then(() => send({ type: 'transcript.text.delta', delta: text }));
      });
      await sent;
      await end(took);
      await send({
        type: 'transcript.text.done',
        ...plainAnswer(inTokens(transcript, model.record, question.tokens)),
      });
    } catch (thrown) {
      await end();
      const refusal = thrown instanceof Refusal ? thrown : refusalOf(toAsrError(thrown), work.upload.path);
      await send({ type: 'error', ...refusal.body }).catch(() => undefined);
    }
  });
}
