"""Language models of kenlm, edit distances of jiwer and flashlight-text's search of words, on the same texts, lexicon and
scores as ours (answering.py)."""
import math
import shutil
import subprocess

from answering import answers, serve


@answers()
def lmplz(text, order):
    program = shutil.which('lmplz')
    if program is None:
        raise FileNotFoundError("no program lmplz on the path: kenlm's package of PyPI has none, its sources do")

    def work():
        with open(text, 'rb') as sentences:
            command = [program, '--order', str(order), '--memory', '512M']
            subprocess.run(command, stdin=sentences, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    return work


@answers('kenlm')
def perplexity(arpa, text):
    import kenlm

    model = kenlm.Model(arpa)
    with open(text, encoding='utf8') as file:
        sentences = file.read().splitlines()

    def work():
        total, tokens = 0.0, 0
        for sentence in sentences:
            total += model.score(sentence)
            tokens += 1 + len(sentence.split())
        return {'value': 10 ** (-total / tokens)}

    return work


@answers('jiwer')
def edits(references, hypotheses):
    import jiwer

    def work():
        found = jiwer.process_words(references, hypotheses)
        return {'value': found.substitutions + found.deletions + found.insertions}

    return work


decoder, scores = None, None


@answers('flashlight-text')
def lexicon(words, pronunciations, classes, blank, beam, path, rows):
    """Every word with the same probability; posteriors with a blank."""
    global decoder, scores
    import numpy as np
    from flashlight.lib.text.decoder import CriterionType, LexiconDecoder, LexiconDecoderOptions, SmearingMode, Trie, ZeroLM

    trie = Trie(classes, -1)
    for word, phones in enumerate(pronunciations):
        trie.insert(phones, word, 0.0)
    trie.smear(SmearingMode.MAX)
    options = LexiconDecoderOptions(
        beam_size=beam, beam_size_token=classes, beam_threshold=60.0, lm_weight=0.0, word_score=-math.log(words),
        unk_score=-math.inf, sil_score=0.0, log_add=False, criterion_type=CriterionType.CTC)
    decoder = LexiconDecoder(options, trie, ZeroLM(), blank, blank, -1, [], False)  # between words only blanks stand
    flat = np.fromfile(path, dtype=np.float32).reshape(-1, classes)
    scores = np.split(flat, np.cumsum(rows)[:-1])


@answers('flashlight-text')
def decode():
    def work():
        return {'found': [
            [word for word in decoder.decode(part.ctypes.data, *part.shape)[0].words if word >= 0] for part in scores]}

    return work


serve()
