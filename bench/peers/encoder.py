# Peer of bench/encoder.ts: the wav2vec 2.0 base architecture in PyTorch with random weights, in inference mode, answering one
# JSON line with another.
import json, sys, time
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

torch.manual_seed(1)
for line in sys.stdin:
    command = json.loads(line)
    if command['do'] == 'start':
        torch.set_num_threads(command['threads'])
        encoder = Encoder(command['blocks']).eval()
        print(json.dumps({'torch': torch.__version__}), flush=True)
    else:
        x = torch.randn(command['batch'], command['samples'])
        with torch.inference_mode():
            start, used = time.perf_counter(), time.process_time()
            rows = encoder(x).shape[1]
            print(json.dumps({'ms': 1000 * (time.perf_counter() - start), 'cpuMs': 1000 * (time.process_time() - used), 'rows': rows}), flush=True)
