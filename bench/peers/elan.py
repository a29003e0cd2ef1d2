"""Reads what `asr transcribe --format eaf` wrote by two readers of ELAN files that others made, and compares it with the JSON
of the same transcript: `python bench/peers/elan.py talk.eaf talk.json` (pip install pympi-ling speach)."""
import json
import sys

from pympi.Elan import Eaf
from speach import elan

eaf_path, json_path = sys.argv[1:3]
with open(json_path, encoding='utf8') as file:
    record = json.load(file)
expected = {
    'utterances': [(u['start'], u['end'], u['text']) for u in record['utterances']],
    'phones': [(p['start'], p['end'], p['phone']) for p in record['phones']],
}
if 'words' in record:
    expected['words'] = [(w['start'], w['end'], w['word']) for w in record['words']]


def compare(reader, tier, found):
    wanted = expected[tier]
    assert len(found) == len(wanted), (reader, tier, len(found), len(wanted))
    for (start, end, text), (a, b, want) in zip(found, wanted):
        assert text == want, (reader, tier, text, want)
        # A millisecond for rounding, one for tokens that have no length.
        assert abs(start - 1000 * a) <= 2 and abs(end - 1000 * b) <= 2, (reader, tier, start, end, a, b)


by_pympi = Eaf(eaf_path)
assert set(by_pympi.get_tier_names()) == set(expected)
for tier in expected:
    compare('pympi', tier, [a[:3] for a in sorted(by_pympi.get_annotation_data_for_tier(tier))])
    parent = by_pympi.get_parameters_for_tier(tier).get('PARENT_REF')
    assert parent == (None if tier == 'utterances' else 'utterances'), (tier, parent)
for tier in expected:
    for start, end, _ in (a[:3] for a in by_pympi.get_annotation_data_for_tier(tier)):
        around = by_pympi.get_annotation_data_between_times('utterances', start, end)
        assert any(a <= start and end <= b for a, b, *_ in around), (tier, start, end)

by_speach = elan.read_eaf(eaf_path)
for tier in expected:
    found = [(1000 * a.from_ts.sec, 1000 * a.to_ts.sec, a.text) for a in by_speach[tier].annotations]
    compare('speach', tier, found)
print('read alike by pympi and speach:', {tier: len(spans) for tier, spans in expected.items()})
