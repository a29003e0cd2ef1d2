"""MFCC of torchaudio and the generator in PyTorch, utterance by utterance (answering.py)."""
from answering import answers, serve

import torch
import torch.nn.functional as F


class Inference:
    def __init__(self, utterances, seconds, rate, kernel, pad, columns, classes, segments):
        self.utterances, self.rate, self.pad = utterances, rate, pad
        self.sound = 0.1 * torch.randn(1, seconds * rate)
        self.weight = 0.02 * torch.randn(classes, columns, kernel)
        self.segments = torch.randn(1, columns, segments)

    def mfcc(self, torchaudio):
        # The settings of ours: Kaldi's recipe without dither, 13 coefficients of 40 bands, two orders of derivatives.
        for _ in range(self.utterances):
            cepstra = torchaudio.compliance.kaldi.mfcc(
                self.sound, sample_frequency=self.rate, dither=0.0, num_mel_bins=40, num_ceps=13, use_energy=False, low_freq=20.0, high_freq=7600.0
            ).t()
            velocity = torchaudio.functional.compute_deltas(cepstra)
            torch.cat([cepstra, velocity, torchaudio.functional.compute_deltas(velocity)])

    def generator(self):
        for _ in range(self.utterances):
            torch.log_softmax(F.conv1d(self.segments, self.weight, padding=self.pad), 1)


peer = None


@answers('torch')
def start(**command):
    global peer
    peer = Inference(**command)


def quiet(threads, work):
    torch.set_num_threads(threads)

    def run():
        with torch.inference_mode():
            work()

    return run


@answers('torchaudio')
def mfcc(threads):
    import torchaudio

    return quiet(threads, lambda: peer.mfcc(torchaudio))


@answers('torch')
def generator(threads):
    return quiet(threads, peer.generator)


serve()
