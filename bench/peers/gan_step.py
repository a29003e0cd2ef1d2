"""The two training steps of wav2vec-U in PyTorch, as a careful user would write them, timed on request.

Commands (answering.py): start with the sizes, discriminator, generator. Compiled, both networks go through torch.compile;
it has no second derivatives, so that the discriminator's step fails. JOIN and dropout are left out, as on the other side.
"""
from answering import answers, serve

import torch
import torch.nn.functional as F


class Pad(torch.nn.Module):
    def __init__(self, kernel):
        super().__init__()
        self.kernel = kernel

    def forward(self, x):  # causal
        return F.pad(x, (self.kernel - 1, 0))


def discriminator(classes, dim, kernel):
    return torch.nn.Sequential(
        Pad(kernel), torch.nn.Conv1d(classes, dim, kernel),
        Pad(kernel), torch.nn.Conv1d(dim, dim, kernel), torch.nn.GELU(),
        Pad(kernel), torch.nn.Conv1d(dim, 1, kernel),
    )


class Steps:
    def __init__(self, batch, length, dim, classes, columns, kernel, generatorKernel, threads, joint, compiled=False, seed=0):
        torch.set_num_threads(threads)
        torch.manual_seed(seed)
        self.batch, self.length, self.classes, self.joint = batch, length, classes, joint
        self.g = torch.nn.Conv1d(columns, classes, generatorKernel, padding=generatorKernel // 2, bias=False)
        self.d = discriminator(classes, dim, kernel)
        self.optimisers = {
            "generator": torch.optim.Adam(self.g.parameters(), lr=4e-4, betas=(0.5, 0.98), eps=1e-6),
            "discriminator": torch.optim.AdamW(self.d.parameters(), lr=5e-4, betas=(0.5, 0.98), eps=1e-6, weight_decay=1e-4),
        }
        if compiled:
            self.g.compile()
            self.d.compile()
        self.x = torch.randn(batch, columns, length)
        self.tokens = torch.randint(0, classes, (batch, length))
        self.real = F.one_hot(self.tokens, classes).float().transpose(1, 2).contiguous()

    def score(self, x):
        return self.d(x).squeeze(1).mean(1)

    def logits(self):
        return self.g(self.x)[:, :, : self.length]

    def finish(self, network, loss):
        both = list(self.g.parameters()) + list(self.d.parameters())
        loss = loss / self.batch
        for p in both:
            p.grad = None
        loss.backward()
        active = self.g if network == "generator" else self.d
        norm = torch.nn.utils.clip_grad_norm_(both if self.joint else active.parameters(), 5.0)
        self.optimisers[network].step()
        return float(norm)

    def freeze(self, network):
        for name, module in (("generator", self.g), ("discriminator", self.d)):
            for p in module.parameters():
                p.requires_grad_(self.joint or name == network)

    def discriminator(self):
        self.freeze("discriminator")
        fake = torch.softmax(self.logits(), 1)
        if not self.joint:
            fake = fake.detach()
        ones, zeros = torch.ones(self.batch), torch.zeros(self.batch)
        # Both in one batch: one pass over the weights.
        scores = self.score(torch.cat([fake, self.real]))
        loss = F.binary_cross_entropy_with_logits(scores, torch.cat([ones, zeros]), reduction="sum")
        mix = torch.rand(self.batch, 1, 1)
        mixed = mix * self.real + (1 - mix) * fake
        if not mixed.requires_grad:
            mixed.requires_grad_(True)
        (gradient,) = torch.autograd.grad(self.score(mixed).sum(), mixed, create_graph=True)
        penalty = (gradient.norm(2, dim=2) - 1).square().sum()
        return self.finish("discriminator", loss + 1.5 * penalty)

    def generator(self):
        self.freeze("generator")
        logits = self.logits()
        fake = torch.softmax(logits, 1)
        loss = F.binary_cross_entropy_with_logits(self.score(fake), torch.zeros(self.batch), reduction="sum")
        use = fake.mean((0, 2))
        perplexity = torch.exp(-(use * torch.log(use + 1e-7)).sum())
        code = 4.0 * self.batch * (self.classes - perplexity) / self.classes
        smooth = 0.5 * self.batch * (logits[:, :, :-1] - logits[:, :, 1:]).square().mean()
        return self.finish("generator", loss + code + smooth)


steps = None


@answers('torch')
def start(**command):
    global steps
    steps = Steps(**command)


@answers('torch')
def discriminator_step():
    return lambda: {'gradientNorm': steps.discriminator()}


@answers('torch')
def generator_step():
    return lambda: {'gradientNorm': steps.generator()}


if __name__ == "__main__":
    serve()
