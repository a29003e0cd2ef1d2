// Segment vectors as uncorrelated columns of variance 1, and a generator trained on them as one of the vectors
// themselves. A linear generator could learn the turn, but Adam moves all its weights at one pace, so that directions
// of little variance, where many phones differ, are learned last; docs/adversarial.md has the figures.
import type { Disposable } from '../core/disposal.js';
import type { Compute } from '../core/stage.js';
import type { GeneratorWeights, SegmentSource } from '../gan/index.js';
import type { BlockSource } from '../numeric/blocks.js';
import { createProjection, fitPca, whitened, type PcaBasis } from '../numeric/pca.js';

export interface WhitenedSegments extends Disposable {
  /** `components` values a segment. */
  readonly source: SegmentSource;
  /** The same generator, for the vectors as they were. */
  unfold(generator: GeneratorWeights): GeneratorWeights;
}

/** Components with less of the first one's variance are rounding errors and not blown up. */
const leastVariance = 1e-6;

/**
 * Principal components of segment vectors, each divided by its deviation; turned when they are read.
 * @param components how many at most
 * @throws AsrError 'input' where vectors are not finite
 */
export async function whitenSegments(
  segments: SegmentSource,
  components: number,
  compute: Compute,
): Promise<WhitenedSegments> {
  const columns = segments.columns ?? 0;
  const rows: BlockSource = async function* () {
    for (const id of segments.ids) yield await segments.read(id);
  };
  const wanted = Math.min(components, columns);
  const form = whitened(await fitPca(rows, columns, wanted, compute), wanted, leastVariance);
  const projection = createProjection(form, compute);
  return {
    source: {
      ids: segments.ids,
      columns: form.components,
      rowsOf: (id) => segments.rowsOf(id),
      async read(id) {
        const { data, rows: count } = await segments.read(id);
        return { data: await projection.apply(data, count), rows: count }; // [S, columns] -> [S, components]
      },
    },
    dispose: () => projection.dispose(),
    unfold: (generator) => unfolded(generator, form),
  };
}

/** w (x - mean) basis as (basis w) x and a bias: [kernel * kept, classes] -> [kernel * columns, classes]. */
function unfolded(generator: GeneratorWeights, { columns, mean, basis }: PcaBasis): GeneratorWeights {
  const { kernel, classes, columns: kept } = generator;
  const w = new Float32Array(kernel * columns * classes);
  const bias = generator.bias?.slice() ?? new Float32Array(kernel * classes);
  for (let j = 0; j < kernel; j++)
    for (let c = 0; c < columns; c++)
      for (let v = 0; v < classes; v++) {
        let sum = 0;
        for (let p = 0; p < kept; p++) sum += basis[c * kept + p]! * generator.w[(j * kept + p) * classes + v]!;
        w[(j * columns + c) * classes + v] = sum;
        bias[j * classes + v]! -= mean[c]! * sum;
      }
  return { ...generator, columns, w, bias };
}
