// A second view of the rows that a network hears, for Gaussians and for matching labels to the text: cepstra of log-mel
// bands, or the largest principal components of an encoder's frames, each with variance 1.
import type { Compute } from '../core/stage.js';
import { createProjection, fitPca, type PcaBasis } from '../numeric/pca.js';
import { cepstraColumns, rowCepstra } from './cepstra.js';
import type { RealFrames } from './adapted-network.js';
import { outputRows, strideOf, type NetworkShape } from './network.js';

/** Components that are kept of frames that are no bands. */
const mostComponents = 64;

export type ViewBasis = PcaBasis;

export interface View {
  readonly columns: number;
  /** @param data [frames, columns of the shape]. @returns [rows, columns], one row for each of the network's */
  of(data: Float32Array, frames: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Columns of the view of such frames. */
export const viewColumns = ({ input, bands }: Pick<NetworkShape, 'input' | 'bands'>): number =>
  input === 'vectors' ? Math.min(mostComponents, bands) : cepstraColumns;

/**
 * The whitening basis that `createView` needs of these frames; none for bands.
 * @param ids whose frames it is fitted on
 */
export async function fitView(
  { input, bands }: Pick<NetworkShape, 'input' | 'bands'>,
  frames: RealFrames,
  ids: readonly string[],
  compute: Compute,
): Promise<ViewBasis | undefined> {
  if (input !== 'vectors') return undefined;
  const source = async function* (): AsyncGenerator<{ data: Float32Array; rows: number }> {
    for (const id of ids) yield frames.read(id);
  };
  const { columns, components, mean, basis, variances } = await fitPca(source, bands, mostComponents, compute);
  const scale = variances.map((variance) => (variance > 0 ? 1 / Math.sqrt(variance) : 0));
  return { columns, components, mean, basis: basis.map((value, i) => value * scale[i % components]!) };
}

export function createView(shape: NetworkShape, basis: ViewBasis | undefined, compute: Compute): View {
  const { bands } = shape;
  const stride = strideOf(shape);
  if (!basis)
    return {
      columns: cepstraColumns,
      of: async (data, frames) => rowCepstra(data, frames, bands),
      dispose: async () => undefined,
    };
  const projection = createProjection(basis, compute);
  return {
    columns: basis.components,
    of: async (data, frames) => {
      const rows = outputRows(frames, stride);
      if (stride === 1) return projection.apply(data.subarray(0, rows * bands), rows);
      const picked = new Float32Array(rows * bands);
      for (let j = 0; j < rows; j++) picked.set(data.subarray(stride * j * bands, (stride * j + 1) * bands), j * bands);
      return projection.apply(picked, rows);
    },
    dispose: () => projection.dispose(),
  };
}
