// How well discrete things stand for phones: purity and phone-normalised mutual information of clusters (Hsu et al.,
// 2021, HuBERT, section IV-D), and F1 of boundaries.

export interface ClusterQuality {
  /** Share of frames whose cluster mostly holds their phone. */
  readonly purity: number;
  /** I(phone; cluster) / H(phone): share of what there is to know about the phone that the cluster tells. */
  readonly pnmi: number;
}

/** Frames whose label is below 0 do not count. */
export function clusterQuality(
  clusters: Int32Array,
  labels: Int32Array,
  count: number,
  phones: number,
): ClusterQuality {
  const joint = new Float64Array(count * phones);
  let total = 0;
  labels.forEach((label, i) => {
    if (label < 0) return;
    const at = (clusters[i] as number) * phones + label;
    joint[at] = (joint[at] as number) + 1;
    total++;
  });
  const byPhone = new Float64Array(phones);
  let pure = 0;
  let information = 0;
  for (let k = 0; k < count; k++)
    for (let p = 0; p < phones; p++) byPhone[p] = (byPhone[p] as number) + (joint[k * phones + p] as number);
  for (let k = 0; k < count; k++) {
    const row = joint.subarray(k * phones, (k + 1) * phones);
    const size = row.reduce((a, b) => a + b, 0);
    pure += row.reduce((a, b) => Math.max(a, b), 0);
    row.forEach((n, p) => {
      if (n > 0) information += (n / total) * Math.log((n * total) / (size * (byPhone[p] as number)));
    });
  }
  const entropy = byPhone.reduce((sum, n) => (n > 0 ? sum - (n / total) * Math.log(n / total) : sum), 0);
  return { purity: pure / total, pnmi: entropy > 0 ? information / entropy : 0 };
}

export interface BoundaryCounts {
  readonly found: number;
  readonly wanted: number;
  readonly matched: number;
}

/** Boundaries within `tolerance` of one another, each used once; both lists sorted. */
export function matchBoundaries(
  found: readonly number[],
  wanted: readonly number[],
  tolerance: number,
): BoundaryCounts {
  let matched = 0;
  for (let i = 0, j = 0; i < found.length && j < wanted.length;) {
    const difference = (found[i] as number) - (wanted[j] as number);
    if (Math.abs(difference) <= tolerance) {
      matched++;
      i++;
      j++;
    } else if (difference < 0) i++;
    else j++;
  }
  return { found: found.length, wanted: wanted.length, matched };
}

export const f1 = ({ found, wanted, matched }: BoundaryCounts): number =>
  found + wanted === 0 ? 0 : (2 * matched) / (found + wanted);
