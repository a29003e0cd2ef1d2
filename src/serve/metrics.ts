// Figures for Prometheus: requests, sound, places taken, memory of the process.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Admission } from './admission.js';

export interface Metrics {
  readonly registry: Registry;
  request(route: string, status: number, seconds: number): void;
  refused(code: string): void;
  /** Seconds of sound that were transcribed, and that it took. */
  heard(model: string, sound: number, took: number): void;
  live(change: 1 | -1): void;
}

export function createMetrics(admission: Admission): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'asr_requests_total',
    help: 'Requests that were answered',
    labelNames: ['route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'asr_request_seconds',
    help: 'From the first byte of a request to the last of its answer',
    labelNames: ['route'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
    registers,
  });
  const refused = new Counter({
    name: 'asr_refused_total',
    help: 'Requests that were refused, by code',
    labelNames: ['code'],
    registers,
  });
  const sound = new Counter({
    name: 'asr_sound_seconds_total',
    help: 'Seconds of sound that were transcribed',
    labelNames: ['model'],
    registers,
  });
  const work = new Counter({
    name: 'asr_work_seconds_total',
    help: 'Seconds that transcribing took',
    labelNames: ['model'],
    registers,
  });
  const live = new Gauge({ name: 'asr_live_sessions', help: 'Live sessions that are open', registers });
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('asr_working', 'Recordings that are transcribed now', () => admission.working);
  gauge('asr_waiting', 'Recordings that are uploaded or wait now', () => admission.waiting);
  return {
    registry,
    request: (route, status, took) => {
      requests.inc({ route, status });
      seconds.observe({ route }, took);
    },
    refused: (code) => {
      refused.inc({ code });
    },
    heard: (model, length, took) => {
      sound.inc({ model }, length);
      work.inc({ model }, took);
    },
    live: (change) => {
      live.inc(change);
    },
  };
}
