"""Many small wav2vec-U trainings at once on one GPU, to see which settings and which sound let a random start converge.

Usage: gan_phase.py PHONES.txt GRID OUT.jsonl [--seconds N]
  PHONES.txt  one sentence a line, phones apart by blanks (sentences.txt of a text stage); half is spoken, half is text
  GRID        settings or conditions: one of the lists at the end of this file
  OUT.jsonl   a line per training and evaluation, then one with its phone error rate and the oracle's

All trainings of a grid go through the same batched products: S weights of each kind, S batches, one Adam a training.
Segments are simulated as bench/simulated-speech.ts does it (64 columns, confusions with four like phones, insertions,
deletions, noise .5). The convolutions before the first activation are composed into one, as our own engine does; the
products are bfloat16. Letters: S trainings, B utterances, T segments, V phones, C columns, H channels.
"""
import json
import math
import sys
import time
from collections import Counter

import torch
import torch.nn.functional as F

B, T, C, H, V, TAPS = 64, 64, 64, 128, 39, 6
EVERY = 500
DEVICE = "cuda"
REFERENCE = dict(glr=4e-4, dlr=5e-4, gp=1.5, code=4.0, smooth=0.5, temp=1.0, dropout=0.1, straight=0.0, noise=0.0,
                 text_errors=0.0, match=0.0, relativistic=0.0, purity=0.9, boundary=0.05, hours=3.0, sentences=3000)


def once(line):
    return [x for i, x in enumerate(line) if i == 0 or x != line[i - 1]]


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        last, row = row, [i + 1]
        for j, y in enumerate(b):
            row.append(min(row[j] + 1, last[j + 1] + 1, last[j] + (x != y)))
    return row[-1]


def pieces(sentences):
    """Sentences cut so that insertions still fit into T segments."""
    size = T - 4
    cut = [s[i:i + size] for s in sentences for i in range(0, len(s), size)]
    return [piece for piece in cut if len(piece) >= 12]


class Corpus:
    """Simulated segments X [N, T, C] with lengths, what was heard, what was said, and lines of text [M, T]."""

    def __init__(self, spoken, text, purity, boundary, hours):
        draw = torch.Generator().manual_seed(1000)
        wanted, self.said = int(hours * 3600 * 12), []
        for piece in pieces(spoken):
            if wanted <= 0:
                break
            self.said.append(piece)
            wanted -= len(piece)
        like = torch.stack([torch.randperm(V, generator=draw)[:4] for _ in range(V)])
        centres = torch.randn(V, C, generator=draw)
        n = len(self.said)
        x, heard, lengths = torch.zeros(n, T, C), torch.full((n, T), -1), torch.zeros(n, dtype=torch.long)
        for i, line in enumerate(self.said):
            sounds = []
            for phone in line:
                deleted, confused, inserted = torch.rand(3, generator=draw)
                if deleted < boundary:
                    continue
                sound = phone if confused <= purity else int(like[phone, torch.randint(4, (1,), generator=draw)])
                sounds.append(sound)
                if inserted < boundary:
                    is_new = float(torch.rand(1, generator=draw)) < 0.5
                    sounds.append(int(torch.randint(V, (1,), generator=draw)) if is_new else sound)
            sounds = torch.tensor(sounds[:T] or line[:1])
            lengths[i], heard[i, :len(sounds)] = len(sounds), sounds
            x[i, :len(sounds)] = centres[sounds] + 0.5 * torch.randn(len(sounds), C, generator=draw)
        lines = pieces(text)
        tokens = torch.full((len(lines), T), -1)
        for i, line in enumerate(lines):
            tokens[i, :len(line)] = torch.tensor(line)
        self.x, self.heard, self.lengths, self.tokens = (v.to(DEVICE) for v in (x, heard, lengths, tokens))
        pairs = torch.full((V, V), 0.1, device=DEVICE)
        first, second = self.tokens[:, :-1], self.tokens[:, 1:]
        there = second >= 0
        pairs.view(-1).index_add_(0, first[there] * V + second[there], torch.ones(int(there.sum()), device=DEVICE))
        self.bigram = torch.log(pairs / pairs.sum(1, keepdim=True))

    def error_rate(self, transcripts):
        pairs = [(once(found), once(said)) for found, said in zip(transcripts, self.said)]
        return sum(edits(a, b) for a, b in pairs) / sum(len(b) for _, b in pairs)

    def oracle(self):
        return self.error_rate([[int(x) for x in row if x >= 0] for row in self.heard[:300]])


class Adam:
    """One a training: its own rate [S] and clip; decoupled decay."""

    def __init__(self, params, rate, decay):
        self.params, self.rate, self.decay, self.step_count = params, rate, decay, 0
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in params]

    @torch.no_grad()
    def step(self, gradients, share, clip=5.0, betas=(0.5, 0.98), eps=1e-6):
        self.step_count += 1
        norm = torch.sqrt(sum((g * g).flatten(1).sum(1) for g in gradients))
        scale, rate = torch.clamp(clip / (norm + 1e-6), max=1.0).view(-1, 1, 1), (self.rate * share).view(-1, 1, 1)
        for p, g, (m, v) in zip(self.params, gradients, self.moments):
            g = g * scale
            m.mul_(betas[0]).add_(g, alpha=1 - betas[0])
            v.mul_(betas[1]).addcmul_(g, g, value=1 - betas[1])
            first, second = m / (1 - betas[0] ** self.step_count), v / (1 - betas[1] ** self.step_count)
            p.mul_(1 - rate * self.decay).sub_(rate * first / (second.sqrt() + eps))


def windows(x, taps):  # [S, B, T, c] -> [S, B, T, taps * c], causal
    padded = F.pad(x, (0, 0, taps - 1, 0))
    return torch.cat([padded[:, :, i:i + x.shape[2]] for i in range(taps)], -1)


def product(x, w):  # [S, B, T, a] x [S, a, b] -> [S, B, T, b]
    s, b, t, a = x.shape
    return torch.bmm(x.reshape(s, b * t, a).bfloat16(), w.bfloat16()).float().view(s, b, t, -1)


def valid(lengths):  # [S, B] -> [S, B, T, 1]
    return (torch.arange(T, device=DEVICE) < lengths[..., None]).float()[..., None]


class Trainings:
    def __init__(self, runs, spoken, text):
        self.runs, self.s = runs, len(runs)
        corpora = {}
        for run in runs:
            key = (run["purity"], run["boundary"], run["hours"], run["sentences"])
            if key not in corpora:
                corpora[key] = Corpus(spoken, text[:run["sentences"]], *key[:3])
        self.corpora = [corpora[r["purity"], r["boundary"], r["hours"], r["sentences"]] for r in runs]
        self.unique = list(corpora.values())
        for name in REFERENCE:
            setattr(self, name, torch.tensor([float(r[name]) for r in runs], device=DEVICE))
        self.g = [self.weights((C, V), C)]
        self.d = [self.weights((TAPS * V, H), TAPS * V), self.weights((TAPS * H, H), TAPS * H),
                  self.weights((1, H), TAPS * H), self.weights((TAPS * H, 1), TAPS * H), self.weights((1, 1), TAPS * H)]
        self.g_adam, self.d_adam = Adam(self.g, self.glr, 0.0), Adam(self.d, self.dlr, 1e-4)

    def weights(self, shape, fan):
        values = torch.empty(self.s, *shape)
        for i, run in enumerate(self.runs):
            draw = torch.Generator().manual_seed(run["seed"] * 7919 + math.prod(shape))
            values[i] = (torch.rand(*shape, generator=draw) * 2 - 1) / math.sqrt(fan)
        return values.to(DEVICE).requires_grad_()

    def score(self, x, lengths):
        """Mean score of each utterance, [S, B]; conv, conv, GELU, conv, all causal, the first two composed."""
        first, second = self.d[0].view(-1, TAPS, V, H), self.d[1].view(-1, TAPS, H, H)
        both = torch.einsum("skvd,sjde->skjve", first, second)
        taps = [sum(both[:, k, t - k] for k in range(TAPS) if 0 <= t - k < TAPS) for t in range(2 * TAPS - 1)]
        composed = torch.stack(taps, 1).reshape(self.s, -1, H)
        mask = valid(lengths)
        hidden = F.gelu(product(windows(x * mask, 2 * TAPS - 1), composed) + self.d[2][:, :, None])
        by_tap = product(hidden, self.d[3].view(-1, TAPS, H).transpose(1, 2))
        last = sum(F.pad(by_tap[..., k], (TAPS - 1 - k, 0))[..., :T] for k in range(TAPS)) + self.d[4]
        return (last[..., None] * mask).sum((2, 3)) / lengths

    def join(self, logits, lengths):
        """One frame drawn at random of each run of equal predictions, moved to the front."""
        label, there = logits.argmax(-1), valid(lengths)[..., 0] > 0
        starts = torch.ones_like(there)
        starts[..., 1:] = label[..., 1:] != label[..., :-1]
        starts &= there
        run = (starts.long().cumsum(-1) - 1).clamp(min=0)
        lot = torch.rand(label.shape, device=DEVICE).masked_fill(~there, -1.0)
        highest = torch.full_like(lot, -2.0).scatter_reduce(2, run, lot, "amax")
        chosen = there & (lot == highest.gather(2, run))
        to = torch.where(chosen, run, torch.full_like(run, T - 1))[..., None].expand_as(logits)
        return torch.zeros_like(logits).scatter_add(2, to, logits * chosen[..., None]), starts.sum(-1).clamp(min=1)

    def like_text(self, logits):
        soft = torch.softmax(logits / self.temp.view(-1, 1, 1, 1), -1)
        hard = F.one_hot(soft.argmax(-1), V).float() + soft - soft.detach()
        return torch.where(self.straight.view(-1, 1, 1, 1) > 0, hard, soft)

    def noised(self, x):
        return x + self.noise.view(-1, 1, 1, 1) * torch.randn_like(x)

    def batch(self):
        x = torch.empty(self.s, B, T, C, device=DEVICE)
        lengths, tokens = torch.empty(self.s, B, dtype=torch.long, device=DEVICE), torch.empty(
            self.s, B, T, dtype=torch.long, device=DEVICE)
        for corpus in self.unique:
            own = torch.tensor([i for i, c in enumerate(self.corpora) if c is corpus], device=DEVICE)
            spoken = torch.randint(len(corpus.x), (len(own), B), device=DEVICE)
            x[own], lengths[own] = corpus.x[spoken], corpus.lengths[spoken]
            tokens[own] = corpus.tokens[torch.randint(len(corpus.tokens), (len(own), B), device=DEVICE)]
        if float(self.text_errors.max()) > 0:
            tokens = self.with_errors(tokens)
        rate = self.dropout.view(-1, 1, 1, 1)
        kept = (torch.rand_like(x) >= rate).float() / (1 - rate)
        real = F.one_hot(tokens.clamp(min=0), V).float() * (tokens >= 0)[..., None]
        return x * kept, lengths, real, (tokens >= 0).sum(-1).clamp(min=1)

    def with_errors(self, tokens):
        """Text with deletions and insertions, as segments have them."""
        chance = self.text_errors.view(-1, 1, 1)
        copies = ((tokens >= 0) & (torch.rand(tokens.shape, device=DEVICE) >= chance)).long()
        copies = copies + (copies > 0).long() * (torch.rand(tokens.shape, device=DEVICE) < chance).long()
        ends = copies.cumsum(-1)
        place = torch.arange(T, device=DEVICE).expand_as(tokens).contiguous()
        source = torch.searchsorted(ends, place, right=True).clamp(max=T - 1)
        is_copy = (place > 0) & (source == F.pad(source, (1, 0))[..., :-1])
        filled = torch.where(is_copy, torch.randint(V, tokens.shape, device=DEVICE), tokens.gather(2, source))
        return torch.where(place < ends[..., -1:], filled, torch.full_like(filled, -1))

    def input_gradient(self, x, lengths):
        scores = self.score(x, lengths)
        return scores, torch.autograd.grad(scores.sum(), x, create_graph=True)[0]

    def discriminator_step(self, share):
        x, lengths, real, real_lengths = self.batch()
        with torch.no_grad():
            logits, fake_lengths = self.join(product(x, self.g[0]), lengths)
            fake = self.noised(self.like_text(logits))
        real = self.noised(real)
        fake_scores, real_scores = self.score(fake, fake_lengths), self.score(real, real_lengths)
        mix = torch.rand(self.s, B, 1, 1, device=DEVICE)
        mixed = (mix * real + (1 - mix) * fake).requires_grad_()
        _, slope = self.input_gradient(mixed, torch.minimum(fake_lengths, real_lengths))
        penalty = self.gp * ((slope.norm(dim=2) - 1) ** 2).mean((1, 2))
        loss = F.softplus(fake_scores).mean(1) + F.softplus(-real_scores).mean(1) + penalty
        if bool((self.relativistic > 0).any()):
            fake, real = fake.requires_grad_(), real.requires_grad_()
            (fake_r, fake_slope), (real_r, real_slope) = (
                self.input_gradient(fake, fake_lengths), self.input_gradient(real, real_lengths))
            squares = (fake_slope ** 2).sum((2, 3)).mean(1) + (real_slope ** 2).sum((2, 3)).mean(1)
            paired = F.softplus(fake_r - real_r).mean(1) + self.gp / 2 * squares
            loss = torch.where(self.relativistic > 0, paired, loss)
        self.d_adam.step(torch.autograd.grad(loss.sum(), self.d), share)
        return ((real_scores > 0).float().mean(1) + (fake_scores < 0).float().mean(1)) / 2

    def generator_step(self, progress, share):
        x, lengths, real, real_lengths = self.batch()
        logits = product(x, self.g[0])
        joined, fake_lengths = self.join(logits, lengths)
        fake = self.like_text(joined)
        scores = self.score(self.noised(fake), fake_lengths)
        loss = F.softplus(-scores).mean(1)
        if bool((self.relativistic > 0).any()):
            with torch.no_grad():
                real_scores = self.score(self.noised(real), real_lengths)
            loss = torch.where(self.relativistic > 0, F.softplus(real_scores - scores).mean(1), loss)
        mask = valid(lengths)
        use = (torch.softmax(logits, -1) * mask).sum((1, 2)) / mask.sum((1, 2))
        perplexity = torch.exp(-(use * torch.log(use + 1e-7)).sum(-1))
        pair_mask = valid(fake_lengths - 1)[:, :, :-1]
        jumps = ((joined[:, :, 1:] - joined[:, :, :-1]) ** 2 * pair_mask).sum((1, 2, 3)) / (pair_mask.sum((1, 2, 3)) * V)
        loss = loss + self.code * (V - perplexity) / V + self.smooth * jumps
        weight = self.match * max(0.0, 1 - progress / 0.3)
        if float(weight.max()) > 0:
            for lag in (1, 2, 3):
                loss = loss + weight * (pairs(fake, fake_lengths, lag) - pairs(real, real_lengths, lag)).abs().sum((1, 2))
        self.g_adam.step(torch.autograd.grad(loss.sum(), self.g), share)

    @torch.no_grad()
    def transcripts(self, count):
        for i, corpus in enumerate(self.corpora):
            labels = (corpus.x[:count] @ self.g[0][i]).argmax(-1)
            there = corpus.heard[:count] >= 0
            right = float((labels[there] == corpus.heard[:count][there]).float().mean())
            lines = [once(row[:n].tolist()) for row, n in zip(labels, corpus.lengths[:count])]
            logs = [corpus.bigram[torch.tensor(a[:-1]), torch.tensor(a[1:])] for a in lines[:100] if len(a) > 1]
            yield corpus, lines, right, math.exp(-float(torch.cat(logs).mean())) if logs else math.inf


def pairs(x, lengths, lag):
    mask = valid(lengths - lag)[:, :, :T - lag]
    left, right = (x[:, :, :-lag] * mask).reshape(len(x), -1, V), x[:, :, lag:].reshape(len(x), -1, V)
    counts = torch.bmm(left.transpose(1, 2), right)
    return counts / counts.sum((1, 2), keepdim=True).clamp(min=1e-6)


def main(phones_file, grid, out_file, seconds, updates=14_000):
    torch.backends.cuda.matmul.allow_tf32 = True
    lines = [[p for p in line.split() if p != "<SIL>"] for line in open(phones_file, encoding="utf-8")]
    kept = {p: i for i, (p, _) in enumerate(Counter(p for line in lines for p in line).most_common(V))}
    lines = [line for line in ([kept[p] for p in line if p in kept] for line in lines) if len(line) >= 16]
    runs = [REFERENCE | changes | dict(name=name, seed=seed) for name, changes in GRIDS[grid].items() for seed in range(3)]
    trainings = Trainings(runs, lines[:len(lines) // 2], lines[len(lines) // 2:])
    begin, step, accuracy = time.time(), 0, 0.5
    with open(out_file, "w", encoding="utf-8") as out:
        while step < updates and time.time() - begin < seconds:
            progress = max(step / updates, (time.time() - begin) / seconds)
            share = min(1.0, max(0.02, (1 - progress) / 0.3))
            accuracy = 0.98 * accuracy + 0.02 * trainings.discriminator_step(share)
            trainings.generator_step(progress, share)
            step += 1
            if step % EVERY == 0:
                for run, (_, _, right, perplexity) in zip(runs, trainings.transcripts(100)):
                    print(json.dumps(dict(run=run["name"], seed=run["seed"], pairs=step, right=right, perplexity=perplexity)), file=out)
        for run, (corpus, found, right, perplexity) in zip(runs, trainings.transcripts(120)):
            print(json.dumps(dict(run, pairs=step, per=corpus.error_rate(found), oracle=corpus.oracle(), right=right,
                                  perplexity=perplexity, seconds=round(time.time() - begin))), file=out)


FAST = dict(glr=1.6e-3, dlr=2e-3)
SHARP = FAST | dict(temp=0.4)
GRIDS = {
    "losses": {
        "reference": {}, "rates x4": FAST, "discriminator x4": dict(dlr=2e-3), "penalty 5": dict(gp=5), "code 0": dict(code=0),
        "code 10": dict(code=10), "smoothness 0": dict(smooth=0), "text with errors": dict(text_errors=0.05),
        "straight through": dict(straight=1), "noise .1": dict(noise=0.1), "relativistic": dict(relativistic=1, gp=1),
        "pairs matched": dict(match=10), "straight, rates x2": dict(straight=1, glr=8e-4, dlr=1e-3),
        "straight, rates x4": FAST | dict(straight=1), "straight, rates x8": dict(straight=1, glr=3.2e-3, dlr=4e-3),
        "temperature .5, rates x4": FAST | dict(temp=0.5),
    },
    "temperatures": {f"temperature {t}, rates x{k}": dict(temp=t, glr=4e-4 * k, dlr=5e-4 * k)
                     for t in (0.5, 0.33, 0.25, 0.15) for k in (2, 4)},
    "conditions": {f"purity {p}, boundary errors {b}": SHARP | dict(purity=p, boundary=b)
                   for p in (0.9, 0.75, 0.55) for b in (0.0, 0.05, 0.2)}
    | {"half an hour": SHARP | dict(hours=0.5), "300 sentences": SHARP | dict(sentences=300)},
}

if __name__ == "__main__":
    main(*sys.argv[1:4], float(sys.argv[5]) if "--seconds" in sys.argv else 480)
