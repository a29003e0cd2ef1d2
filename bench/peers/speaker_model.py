"""Makes an ONNX speaker model of the one that the package Resemblyzer carries (Apache-2.0; Wan et al., 2018), for
`asr transcribe --speaker-model`: `pip download --no-deps Resemblyzer`, unpack it, then
`python bench/peers/speaker_model.py resemblyzer/pretrained.pt speaker.onnx` (pip install numpy onnx). The graph takes a
waveform [1, samples] at 16 kHz and does what the package does before its network: loudness, 40 mel bands, three LSTMs."""
import io
import pickle
import struct
import sys
from collections import OrderedDict

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE, WINDOW, HOP, BANDS, WIDTH = 16000, 400, 160, 40, 256


class Weights(pickle.Unpickler):
    """Tensors of a file of torch.save before version 1.6, without torch; anything else in it stays unread."""

    def __init__(self, stream):
        super().__init__(stream)
        self.wanted = []

    def persistent_load(self, key):
        return key[2]

    def find_class(self, module, name):
        if name == '_rebuild_tensor_v2':
            return lambda storage, offset, shape, stride, *rest: (storage, offset, shape)
        if (module, name) == ('collections', 'OrderedDict'):
            return OrderedDict
        if module in ('torch', 'torch.storage', 'torch._utils'):
            return lambda *_: None
        raise pickle.UnpicklingError(f'{module}.{name} has no place in a file of weights')


def read(path):
    with open(path, 'rb') as file:
        data = io.BytesIO(file.read())
    for _ in range(3):
        pickle.load(data)
    state = Weights(data).load()['model_state']
    storages = {}
    for key in pickle.load(data):
        (size,) = struct.unpack('<q', data.read(8))
        storages[key] = np.frombuffer(data.read(4 * size), '<f4')
    return {
        name: storages[storage][offset:offset + int(np.prod(shape))].reshape(shape)
        for name, (storage, offset, shape) in state.items()
    }


def mel_bank():
    """Slaney's bands, each of unit area."""
    linear, corner, step = 200 / 3, 1000.0, np.log(6.4) / 27

    def to_hz(mel):
        return np.where(mel < corner / linear, mel * linear, corner * np.exp(step * (mel - corner / linear)))

    top = corner / linear + np.log(RATE / 2 / corner) / step
    edges = to_hz(np.linspace(0, top, BANDS + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    up = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(up, down)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def build(weights):
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    # At least as loud as -30 dB of full scale.
    square = node('ReduceMean', [node('Mul', ['wave', 'wave'], 'squares'), constant('all', np.int64([1]))], 'power', keepdims=1)
    rms = node('Sqrt', [node('Max', [square, constant('least', np.float32([1e-12]))], 'some')], 'rms')
    gain = node('Max', [node('Div', [constant('loud', np.float32([10 ** -1.5])), rms], 'lift'), constant('one', np.float32([1]))], 'gain')
    loud = node('Mul', ['wave', gain], 'loud_wave')
    padded = node('Pad', [loud, constant('edges', np.int64([0, WINDOW // 2, 0, WINDOW // 2]))], 'padded')
    row = node('Unsqueeze', [padded, constant('axis', np.int64([1]))], 'row')
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    phase = 2 * np.pi * np.outer(np.arange(WINDOW // 2 + 1), np.arange(WINDOW)) / WINDOW
    halves = []
    for name, wave in (('real', np.cos(phase)), ('imaginary', np.sin(phase))):
        kernel = constant(f'{name}_kernel', (wave * window)[:, None].astype('f4'))
        part = node('Conv', [row, kernel], name, strides=[HOP])
        halves.append(node('Mul', [part, part], f'{name}_square'))
    power = node('Add', halves, 'spectrum')
    mels = node('MatMul', [constant('bank', mel_bank().astype('f4')), power], 'mels')
    at = node('Transpose', [mels], 'frames', perm=[2, 0, 1])
    for layer in range(3):
        def gates(name):
            # torch: input, forget, cell, output; ONNX: input, output, forget, cell.
            i, f, c, o = np.split(weights[f'lstm.{name}_l{layer}'], 4)
            return np.concatenate([i, o, f, c])[None]

        names = [
            constant(f'w{layer}', gates('weight_ih')),
            constant(f'r{layer}', gates('weight_hh')),
            constant(f'b{layer}', np.concatenate([gates('bias_ih'), gates('bias_hh')], axis=1)),
        ]
        nodes.append(helper.make_node('LSTM', [at, *names], [f'y{layer}', f'h{layer}'], hidden_size=WIDTH))
        at = node('Squeeze', [f'y{layer}', constant(f'direction{layer}', np.int64([1]))], f'out{layer}')
    last = node('Squeeze', ['h2', constant('layers', np.int64([0]))], 'last')
    raw = node('Gemm', [last, constant('w', weights['linear.weight']), constant('b', weights['linear.bias'])], 'raw', transB=1)
    node('LpNormalization', [node('Relu', [raw], 'positive')], 'speaker', axis=1, p=2)
    graph = helper.make_graph(
        nodes,
        'speaker',
        [helper.make_tensor_value_info('wave', TensorProto.FLOAT, [1, 'samples'])],
        [helper.make_tensor_value_info('speaker', TensorProto.FLOAT, [1, WIDTH])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=8)


model = build(read(sys.argv[1]))
onnx.checker.check_model(model)
onnx.save(model, sys.argv[2])
print(f'{sys.argv[2]}: onnx {onnx.__version__}, numpy {np.__version__}')
