// Half precision, which the engine's package brings along.
export { float16ToFloat32, float32ToFloat16 } from '../../packages/engine/src/float16.js';
