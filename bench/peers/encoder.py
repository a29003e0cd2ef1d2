# Peer of bench/encoder.ts (answering.py): the wav2vec 2.0 base architecture in PyTorch with random weights, in inference
# mode; and Python's onnxruntime on the same file as ours.
from answering import answers, serve
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

C, H, INNER, HEADS = 512, 768, 3072, 12
KERNELS, STRIDES = [10, 3, 3, 3, 3, 2, 2], [5, 2, 2, 2, 2, 2, 2]

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.ModuleList([nn.Linear(H, H) for _ in range(3)]), nn.Linear(H, H)
        self.norm, self.final, self.up, self.down = nn.LayerNorm(H), nn.LayerNorm(H), nn.Linear(H, INNER), nn.Linear(INNER, H)
    def forward(self, x):
        B, T, _ = x.shape
        q, k, v = (f(x).view(B, T, HEADS, -1).transpose(1, 2) for f in self.qkv)
        scores = (q * (H // HEADS) ** -0.5) @ k.transpose(-1, -2)
        x = self.norm(x + self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(B, T, H)))
        return self.final(x + self.down(F.gelu(self.up(x))))

class Encoder(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv1d(1 if i == 0 else C, C, k, s, bias=False) for i, (k, s) in enumerate(zip(KERNELS, STRIDES))])
        self.group, self.norm, self.project = nn.GroupNorm(C, C), nn.LayerNorm(C), nn.Linear(C, H)
        self.position = nn.Conv1d(H, H, 128, padding=64, groups=16)
        self.before, self.blocks = nn.LayerNorm(H), nn.ModuleList([Block() for _ in range(blocks)])
    def forward(self, x):
        x = x[:, None]
        for i, conv in enumerate(self.convs):
            x = conv(x)
            x = F.gelu(self.group(x) if i == 0 else x)
        x = self.project(self.norm(x.transpose(1, 2)))
        x = self.before(x + F.gelu(self.position(x.transpose(1, 2))[:, :, :-1]).transpose(1, 2))
        for block in self.blocks: x = block(x)
        return x

encoder = session = None

@answers('torch')
def start(threads, blocks):
    global encoder
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    encoder = Encoder(blocks).eval()

@answers('torch')
def run(samples):
    x = torch.randn(1, samples)
    def work():
        with torch.inference_mode(): return {'rows': encoder(x).shape[1]}
    return work

@answers('onnxruntime')
def run_onnx(samples, model, threads):
    global session
    import onnxruntime
    if session is None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # As ours, and as PyTorch here: threads that wait sleep.
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        session = onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])
    x = {session.get_inputs()[0].name: np.random.default_rng(1).standard_normal((1, samples), dtype=np.float32)}
    return lambda: {'rows': session.run(None, x)[0].shape[1]}

serve()
