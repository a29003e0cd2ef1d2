# Peer of bench/encoder-shapes.ts: wav2vec 2.0, base (group norm, norms behind the blocks' halves) and large (layer norms,
# norms before them), in PyTorch with random weights, in inference mode and with its fused attention
# (answering.py).
import resource
from answering import answers, serve
import torch
from torch import nn
import torch.nn.functional as F

C, KERNELS, STRIDES = 512, [10, 3, 3, 3, 3, 2, 2], [5, 2, 2, 2, 2, 2, 2]

class Block(nn.Module):
    def __init__(self, H, inner, heads, stable):
        super().__init__()
        self.heads, self.stable = heads, stable
        self.qkv, self.out = nn.ModuleList([nn.Linear(H, H) for _ in range(3)]), nn.Linear(H, H)
        self.norm, self.final, self.up, self.down = nn.LayerNorm(H), nn.LayerNorm(H), nn.Linear(H, inner), nn.Linear(inner, H)
    def attend(self, x):
        B, T, H = x.shape
        q, k, v = (f(x).view(B, T, self.heads, -1).transpose(1, 2) for f in self.qkv)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, H))
    def forward(self, x):
        if self.stable:
            x = x + self.attend(self.norm(x))
            return x + self.down(F.gelu(self.up(self.final(x))))
        x = self.norm(x + self.attend(x))
        return self.final(x + self.down(F.gelu(self.up(x))))

class Encoder(nn.Module):
    def __init__(self, hidden, inner, heads, stable, blocks):
        super().__init__()
        self.stable = stable
        self.convs = nn.ModuleList([nn.Conv1d(1 if i == 0 else C, C, k, s, bias=stable) for i, (k, s) in enumerate(zip(KERNELS, STRIDES))])
        self.norms = nn.ModuleList([nn.LayerNorm(C) for _ in KERNELS]) if stable else nn.GroupNorm(C, C)
        self.norm, self.project = nn.LayerNorm(C), nn.Linear(C, hidden)
        self.position, self.before = nn.Conv1d(hidden, hidden, 128, padding=64, groups=16), nn.LayerNorm(hidden)
        self.blocks = nn.ModuleList([Block(hidden, inner, heads, stable) for _ in range(blocks)])
    def forward(self, x):
        x = x[:, None]
        for i, conv in enumerate(self.convs):
            x = conv(x)
            if self.stable: x = self.norms[i](x.transpose(1, 2)).transpose(1, 2)
            elif i == 0: x = self.norms(x)
            x = F.gelu(x)
        x = self.project(self.norm(x.transpose(1, 2)))
        x = x + F.gelu(self.position(x.transpose(1, 2))[:, :, :-1]).transpose(1, 2)
        if not self.stable: x = self.before(x)
        for block in self.blocks: x = block(x)
        return x

encoder = None

@answers('torch')
def start(threads, **shape):
    global encoder
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    encoder = Encoder(**shape).eval()

@answers('torch')
def run(samples):
    x = torch.randn(1, samples)
    def work():
        with torch.inference_mode(): rows = encoder(x).shape[1]
        return {'rows': rows, 'peakMiB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    return work

serve()
