// Quantiles of Student's t distribution: how far a mean may lie off by chance when its spread was estimated from few.

/** Natural log of the gamma function (Lanczos, g = 7, nine terms: 15 digits), x > 0. */
function logGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const t = x + 6.5;
  const series = c.slice(1).reduce((sum, value, i) => sum + value / (x + i), c[0] as number);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}

/** Regularised incomplete beta function, by its continued fraction (Lentz; Press et al., Numerical Recipes, 6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  const tiny = 1e-300;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let c = 1;
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    for (const numerator of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / (1 + numerator * d || tiny);
      c = 1 + numerator / c || tiny;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** P(T <= t) with so many degrees of freedom. */
export function studentT(t: number, degrees: number): number {
  const tail = 0.5 * incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** The t that a share `p` lies below, 0.5 <= p < 1. @param degrees of freedom, at least 1 */
export function studentTQuantile(p: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentT(high, degrees) < p) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (studentT(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
