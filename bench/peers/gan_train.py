"""wav2vec-U 1 trained in PyTorch, written from the paper and the description of its code, for comparison with ours.

Input: one JSON line with a folder (segments.npy [rows, columns]; data.json: segments of each utterance, lines of text)
and the settings of a run. Output: one JSON line with greedy transcripts at every evaluation.
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from gan_step import discriminator


def load(folder):
    with open(f"{folder}/data.json") as file:
        data = json.load(file)
    rows = torch.from_numpy(np.load(f"{folder}/segments.npy").astype(np.float32))
    return list(torch.split(rows, data["segments"])), [torch.tensor(line) for line in data["text"]]


def padded(sequences, value=0.0):
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True, padding_value=value), lengths


def mask_of(lengths, longest):
    return torch.arange(longest)[None] < lengths[:, None]


class Training:
    def __init__(self, folder, seed, classes, silence, config):
        torch.manual_seed(seed)
        self.random = np.random.RandomState(seed)
        self.utterances, self.text = load(folder)
        self.classes, self.silence, self.c = classes, silence, config
        g, d = config["generator"], config["discriminator"]
        kernel = g["kernel"]
        self.g = torch.nn.Conv1d(self.utterances[0].shape[1], classes, kernel, padding=kernel // 2, bias=False)
        self.d = discriminator(classes, d["dim"], d["kernel"])
        adam = {"betas": config["adam"]["betas"], "eps": config["adam"]["eps"]}
        self.optimisers = [
            torch.optim.AdamW(self.g.parameters(), lr=g["lr"], weight_decay=g["weightDecay"], **adam),
            torch.optim.AdamW(self.d.parameters(), lr=d["lr"], weight_decay=d["weightDecay"], **adam),
        ]
        self.batches = {"speech": [], "text": []}

    def next(self, which, items, count):
        queue = self.batches[which]
        while len(queue) < count:
            queue.extend(self.random.permutation(len(items)))
        chosen, self.batches[which] = queue[:count], queue[count:]
        return [items[i] for i in chosen]

    def joined(self, utterances):
        """Logits of one frame drawn from each run of equal predictions, zeros on padding; their numbers."""
        x, lengths = padded(utterances)
        x = F.dropout(x, self.c["generator"]["dropout"])
        logits = self.g(x.transpose(1, 2)).transpose(1, 2)
        lengths = lengths + logits.shape[1] - x.shape[1]
        valid = mask_of(lengths, logits.shape[1])
        label = logits.argmax(2)
        first = torch.ones_like(valid)
        first[:, 1:] = label[:, 1:] != label[:, :-1]
        run = torch.cumsum(first[valid].long(), 0)
        # The frame with the largest random number of its run: a uniform draw without a loop.
        order = torch.argsort(run + torch.rand(len(run), dtype=torch.float64))
        last = torch.cat([run[order][1:] != run[order][:-1], torch.tensor([True])])
        kept = torch.split(logits[valid][order[last]], (first & valid).sum(1).tolist())
        z, counts = padded(kept)
        # Padding counts as one more run where there is any, as in the code of the paper.
        longest = int((counts + (lengths < lengths.max()).long()).max())
        return F.pad(z, (0, 0, 0, longest - z.shape[1])), counts

    def score(self, x, lengths):
        scores = self.d(x.transpose(1, 2)).squeeze(1)
        return (scores * mask_of(lengths, x.shape[1])).sum(1) / lengths

    def update(self, number):
        batch = min(self.c["batch"], len(self.utterances))
        z, counts = self.joined(self.next("speech", self.utterances, batch))
        lines = self.next("text", self.text, batch)
        fake = torch.softmax(z, 2)
        score = self.score(fake, counts)
        if number % 2 == 0:
            loss = F.binary_cross_entropy_with_logits(score, torch.zeros(batch), reduction="sum")
            use = fake.mean((0, 1))
            perplexity = torch.exp(-(use * torch.log(use + 1e-7)).sum())
            loss = loss + self.c["codePenalty"] * batch * (self.classes - perplexity) / self.classes
            both = mask_of(counts, z.shape[1])
            steps = (z[:, 1:] - z[:, :-1]).square() * both[:, 1:, None]
            loss = loss + self.c["smoothness"] * batch * steps.mean()
        else:
            tokens, lengths = padded(lines, -1)
            real = F.one_hot(tokens + 1, self.classes + 1)[:, :, 1:].float()
            loss = F.binary_cross_entropy_with_logits(score, torch.ones(batch), reduction="sum")
            loss = loss + F.binary_cross_entropy_with_logits(self.score(real, lengths), torch.zeros(batch), reduction="sum")
            shared = min(real.shape[1], fake.shape[1])
            mix = torch.rand(batch, 1, 1)
            mixed = mix * real[:, :shared] + (1 - mix) * fake[:, :shared]
            if not mixed.requires_grad:
                mixed.requires_grad_(True)
            whole = torch.full((batch,), shared)
            (gradient,) = torch.autograd.grad(self.score(mixed, whole).sum(), mixed, create_graph=True)
            loss = loss + self.c["gradientPenalty"] * (gradient.norm(2, dim=1) - 1).square().sum()
        everything = list(self.g.parameters()) + list(self.d.parameters())
        for p in everything:
            p.grad = None
        (loss / batch).backward()
        torch.nn.utils.clip_grad_norm_(everything, self.c["clipNorm"])
        self.optimisers[number % 2].step()

    @torch.no_grad()
    def transcripts(self):
        found = []
        for utterance in self.utterances:
            labels = torch.unique_consecutive(self.g(utterance.T[None])[0].argmax(0))
            found.append([int(v) for v in labels if v < self.classes and v != self.silence])
        return found


def main():
    torch.set_num_threads(1)
    for line in sys.stdin:
        command = json.loads(line)
        updates = command.pop("updates")
        every = command.pop("every")
        used = time.process_time()
        training = Training(**command)
        evaluations = []
        for number in range(updates):
            training.update(number)
            if (number + 1) % every == 0 or number + 1 == updates:
                evaluations.append(training.transcripts())
        print(json.dumps({"evaluations": evaluations, "cpuMs": 1000 * (time.process_time() - used)}), flush=True)


if __name__ == "__main__":
    main()
