// What a pool and its threads say to each other. Every message but the first names its job: the answer to a job that
// was given up reaches nobody.
import type { Failure } from './failure.js';

export type ToWorker<Job> =
  { readonly kind: 'job'; readonly id: number; readonly job: Job } | { readonly kind: 'abort'; readonly id: number };

/** `about` is what a thread tells of what it has opened; `event` is the progress of a job. */
export type FromWorker<About, Event, Result> =
  | { readonly kind: 'ready'; readonly about: About }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'event'; readonly id: number; readonly event: Event }
  | { readonly kind: 'done'; readonly id: number; readonly result: Result }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };
