// Numbers as people read them: durations, sizes, shares.

const unit = (value: number, digits: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** 22.8 % */
export const percent = (share: number, digits = 1): string => `${unit(share * 100, digits)} %`;

/** 1,234 or 12.3: whole numbers whole, others with three digits. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return unit(value, 0);
  return unit(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** 0.4 s, 28 s, 3 min 44 s, 2 h 05 min */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${unit(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** 140 KB, 92 MB, 1.2 GB; powers of ten. */
export function size(bytes: number): string {
  const steps = ['B', 'KB', 'MB', 'GB', 'TB'];
  let step = 0;
  let value = bytes;
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1000;
    step++;
  }
  return `${unit(value, value < 9.95 && step > 0 ? 1 : 0)} ${steps[step] as string}`;
}
