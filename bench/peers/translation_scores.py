# python bench/peers/translation_scores.py (needs `pip install sacrebleu`): BLEU and chrF of the sentence pairs in
# test/score/bleu.test.ts as sacrebleu computes them, which that test expects of ours.
import json
import sys

import sacrebleu

for pairs in json.load(sys.stdin):
    hypotheses = [hypothesis for hypothesis, _ in pairs]
    references = [[reference for _, reference in pairs]]
    print(
        sacrebleu.corpus_bleu(hypotheses, references).score,
        sacrebleu.corpus_bleu(hypotheses, references, lowercase=True).score,
        sacrebleu.corpus_chrf(hypotheses, references).score,
    )
