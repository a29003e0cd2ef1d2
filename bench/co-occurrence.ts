// Does translation without parallel data help matching to begin? Units and phones become vectors by what stands near
// them, the two clouds are laid on each other, and near phones are each unit's first guess. Measured, not used: see
// recipes/word-translation/README.md.
import type { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { blocksOf } from '../src/numeric/blocks.js';
import { createProjection, fitPca } from '../src/numeric/pca.js';
import { translationConfig } from '../src/translation/config.js';
import type { Side } from '../src/translation/csls.js';
import { normalised, unitRows } from '../src/translation/embeddings.js';
import { translate } from '../src/translation/translate.js';

const reach = 3; // neighbours that count, by 1 / distance
const dim = 16;
const cloudRows = 800;
const blur = 0.05; // standard deviation that makes a cloud of one vector
const sharpness = 5; // of the first guess: softmax of cosines times this

interface Embedded {
  readonly vectors: Float32Array;
  readonly counts: Float64Array;
}

/**
 * Positive pointwise mutual information with neighbours to the left and, apart, to the
 * right; [count, 2 count] -> [count, dim].
 */
async function embed(sequences: readonly ArrayLike<number>[], count: number, compute: Compute): Promise<Embedded> {
  const pairs = new Float64Array(count * count);
  for (const sequence of sequences) {
    for (let i = 0; i < sequence.length; i++)
      for (let lag = 1; lag <= reach && i + lag < sequence.length; lag++)
        pairs[sequence[i]! * count + sequence[i + lag]!]! += 1 / lag;
  }
  const before = new Float64Array(count);
  const after = new Float64Array(count);
  pairs.forEach((n, i) => {
    before[Math.floor(i / count)]! += n;
    after[i % count]! += n;
  });
  const total = before.reduce((a, b) => a + b, 0);
  const rows = new Float32Array(count * 2 * count);
  pairs.forEach((n, i) => {
    const [a, b] = [Math.floor(i / count), i % count];
    const information = n === 0 ? 0 : Math.max(0, Math.log((n * total) / (before[a]! * after[b]!)));
    rows[a * 2 * count + b] = information;
    rows[b * 2 * count + count + a] = information;
  });
  const columns = 2 * count;
  const projection = createProjection(await fitPca(blocksOf(rows, columns), columns, dim, compute), compute);
  try {
    return { vectors: normalised({ data: await projection.apply(rows, count), dim }), counts: before };
  } finally {
    await projection.dispose();
  }
}

/** Each vector as often as it occurs, blurred, most frequent first: what translation expects of words. */
function cloud({ vectors, counts }: Embedded, rng: Rng): Side {
  const total = counts.reduce((a, b) => a + b, 0);
  const rows = [...counts.keys()]
    .sort((a, b) => counts[b]! - counts[a]!)
    .flatMap((k) => Array.from({ length: Math.max(1, Math.round((cloudRows * counts[k]!) / total)) }, () => k));
  const data = Float32Array.from(
    rows.flatMap((k) => Array.from(vectors.subarray(k * dim, (k + 1) * dim), (value) => value + blur * rng.normal())),
  );
  return { rows: rows.length, data: unitRows(data, dim) };
}

export interface StartInput {
  readonly units: readonly ArrayLike<number>[];
  readonly unitCount: number;
  readonly sentences: readonly ArrayLike<number>[];
  readonly phoneCount: number;
  /** Adversarial trainings; with 0 the map that sorted similarities suggest is refined by Procrustes and CSLS alone. */
  readonly games: number;
  readonly rng: Rng;
  readonly compute: Compute;
}

/** @returns [unitCount, phoneCount] probabilities */
export async function coOccurrenceStart({
  units,
  unitCount,
  sentences,
  phoneCount,
  games,
  rng,
  compute,
}: StartInput): Promise<Float32Array> {
  const heard = await embed(units, unitCount, compute);
  const read = await embed(sentences, phoneCount, compute);
  const config = translationConfig.parse({ similarityStart: games === 0, starts: games });
  const { map } = await translate({
    source: cloud(heard, rng.fork('units')),
    target: cloud(read, rng.fork('phones')),
    config,
    rng: rng.fork('translation'),
    compute,
  });
  const table = new Float32Array(unitCount * phoneCount);
  for (let k = 0; k < unitCount; k++) {
    const row = table.subarray(k * phoneCount, (k + 1) * phoneCount);
    for (let v = 0; v < phoneCount; v++) {
      let cosine = 0;
      for (let i = 0; i < dim; i++)
        for (let j = 0; j < dim; j++)
          cosine += heard.vectors[k * dim + i]! * map[i * dim + j]! * read.vectors[v * dim + j]!;
      row[v] = Math.exp(sharpness * cosine);
    }
    const sum = row.reduce((a, b) => a + b, 0);
    row.forEach((value, v) => {
      row[v] = value / sum;
    });
  }
  return table;
}
