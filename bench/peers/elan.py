"""Reads what `asr transcribe --format eaf,textgrid,json` wrote by readers of ELAN's and Praat's files that others made, and
compares it with the JSON of the same transcript: `python bench/peers/elan.py talk.eaf talk.json [talk.TextGrid]
[EAFv3.0.xsd]`, with speakers or without (pip install pympi-ling speach praat-parselmouth; xmllint). The schema is ELAN's, which is under the GPL: it
is not here, but in every ELAN (mpi/eudico/resources)."""
import subprocess
import sys
from importlib.metadata import version
import json

from pympi.Elan import Eaf
from speach import elan

eaf_path, json_path, *more = sys.argv[1:]
grid_path = next((path for path in more if path.endswith('.TextGrid')), None)
schema = next((path for path in more if path.endswith('.xsd')), None)
with open(json_path, encoding='utf8') as file:
    record = json.load(file)
tokens = {'phones': [(p['start'], p['end'], p['phone']) for p in record['phones']]}
if 'words' in record:
    tokens['words'] = [(w['start'], w['end'], w['word']) for w in record['words']]
expected = {}
people = {}
for person in record.get('speakers', [None]):
    own = [u for u in record['utterances'] if u.get('speaker') == person]
    suffix = '' if person is None else f'@{person}'
    people[suffix] = person
    expected[f'utterances{suffix}'] = [(u['start'], u['end'], u['text']) for u in own]
    for tier, spans in tokens.items():
        # Somebody's words are those of his utterances, which lie in them by their middle.
        expected[tier + suffix] = [
            span for span in spans if any(u['start'] <= (span[0] + span[1]) / 2 <= u['end'] for u in own)
        ]
assert sum(len(spans) for spans in expected.values()) == len(record['utterances']) + sum(map(len, tokens.values()))
suffix_of = {tier: next(s for s in people if tier == tier.split('@')[0] + s) for tier in expected}


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
    about = by_pympi.get_parameters_for_tier(tier)
    above = f'utterances{suffix_of[tier]}'
    assert about.get('PARENT_REF') == (None if tier == above else above), (tier, about)
    assert about.get('PARTICIPANT') == people[suffix_of[tier]], (tier, about)
for tier in expected:
    for start, end, _ in (a[:3] for a in by_pympi.get_annotation_data_for_tier(tier)):
        around = by_pympi.get_annotation_data_between_times(f'utterances{suffix_of[tier]}', start, end)
        assert any(a <= start and end <= b for a, b, *_ in around), (tier, start, end)

by_speach = elan.read_eaf(eaf_path)
for tier in expected:
    found = [(1000 * a.from_ts.sec, 1000 * a.to_ts.sec, a.text) for a in by_speach[tier].annotations]
    compare('speach', tier, found)
readers = [f'{name} {version(name)}' for name in ('pympi-ling', 'speach')]
if grid_path:
    import parselmouth
    from pympi.Praat import TextGrid

    grid = TextGrid(grid_path)
    for tier in expected:
        # Pauses are intervals without a text.
        found = [(1000 * a, 1000 * b, text) for a, b, text in grid.get_tier(tier).get_intervals() if text]
        compare('pympi, TextGrid', tier, found)
    by_praat = parselmouth.read(grid_path)
    tiers = int(parselmouth.praat.call(by_praat, 'Get number of tiers'))
    for number in range(1, tiers + 1):
        tier = parselmouth.praat.call(by_praat, 'Get tier name...', number)
        count = int(parselmouth.praat.call(by_praat, 'Get number of intervals...', number))
        at = [(
            1000 * parselmouth.praat.call(by_praat, 'Get start time of interval...', number, i),
            1000 * parselmouth.praat.call(by_praat, 'Get end time of interval...', number, i),
            parselmouth.praat.call(by_praat, 'Get label of interval...', number, i),
        ) for i in range(1, count + 1)]
        compare('Praat', tier, [span for span in at if span[2]])
    readers.append(f'Praat {parselmouth.PRAAT_VERSION} (praat-parselmouth {version("praat-parselmouth")})')
if schema:
    subprocess.run(['xmllint', '--noout', '--nonet', '--schema', schema, eaf_path], check=True)
    readers.append(subprocess.run(['xmllint', '--version'], capture_output=True, text=True).stderr.splitlines()[0])
print('read alike by', '; '.join(readers), {tier: len(spans) for tier, spans in expected.items()})
