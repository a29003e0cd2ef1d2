// What a server may take where no option says otherwise; `asr serve` shows these as its defaults.

export const usualLimits = {
  jobs: 1,
  queue: 32,
  mostBytes: 500e6,
  uploadSeconds: 600,
  /** That transcribing a recording may take. */
  mostSeconds: 1800,
  mostLive: 4,
  graceSeconds: 30,
} as const;
