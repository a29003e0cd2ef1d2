"""Reads what `asr export --dataset` wrote by the programs that it is for: `python3 bench/peers/dataset.py DATASET VENV`. Makes
the virtual environment VENV with `datasets` and `lhotse` of PyPI where it is not there, and goes on in it. Checks that both
read every clip with its sound, transcript and times, and that they agree with each other and with the Kaldi folder."""
import os
import subprocess
import sys
from pathlib import Path

# datasets from 4 on takes sound by torchcodec alone, which brings gigabytes; 3.6 is the last that does not.
packages = ['datasets==3.6.0', 'pandas<3', 'soundfile==0.14.0', 'lhotse==1.33.0']
root, venv = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).absolute()
python = venv / 'bin' / 'python'
if Path(sys.prefix) != venv:
    ready = venv / 'ready'
    if not ready.exists():
        # lhotse wants torch: one of the system spares gigabytes.
        subprocess.run([sys.executable, '-m', 'venv', '--system-site-packages', str(venv)], check=True)
        subprocess.run([str(python), '-m', 'pip', 'install', '--quiet', *packages], check=True)
        ready.touch()
    os.execv(python, [str(python), *sys.argv])

os.environ['HF_DATASETS_OFFLINE'] = '1'
os.environ['HF_HOME'] = str(venv / 'cache')
import io
from importlib.metadata import version

import datasets
import soundfile

splits = sorted(path.name for path in (root / 'audiofolder').iterdir())
clips = {}
for form, load in {
    'audiofolder': lambda: datasets.load_dataset('audiofolder', data_dir=str(root / 'audiofolder')),
    'huggingface': lambda: datasets.load_dataset(str(root / 'huggingface')),
}.items():
    read = load()
    assert sorted(read) == splits, (form, sorted(read), splits)
    assert all(rows.features['audio'].sampling_rate in (None, 16000) for rows in read.values()), form
    for split, rows in read.items():
        # As bytes: decoding would bring more packages along.
        for row in rows.cast_column('audio', datasets.Audio(decode=False)):
            audio = row['audio']
            sound, rate = soundfile.read(io.BytesIO(audio['bytes']) if audio['bytes'] else audio['path'], dtype='int16')
            assert rate == 16000, (form, rate)
            name = row.get('id') or Path(audio['path']).stem
            clips.setdefault(name, {})[form] = (split, row['transcription'], sound, row)
print({form: sum(form in clip for clip in clips.values()) for form in ('audiofolder', 'huggingface')}, splits)
for name, clip in clips.items():
    folder, parquet = clip['audiofolder'], clip['huggingface']
    assert folder[:2] == parquet[:2] and (folder[2] == parquet[2]).all(), name
    row = parquet[3]
    ends = row['phones_end']
    assert len(row['phones']) == len(ends) and all(end <= len(folder[2]) / 16000 + 1e-3 for end in ends), name

text = dict(line.rstrip('\n').split(' ', 1) for split in splits
            for line in next((root / 'kaldi').glob(f'{split}/text')).open(encoding='utf8'))
assert text == {name: clip['audiofolder'][1] for name, clip in clips.items()}

from lhotse import CutSet, RecordingSet, SupervisionSet
from lhotse.qa import validate_recordings_and_supervisions

os.chdir(root)  # where the paths start
count = 0
for split in splits:
    recordings = RecordingSet.from_jsonl(f'lhotse/asr_recordings_{split}.jsonl')
    supervisions = SupervisionSet.from_jsonl(f'lhotse/asr_supervisions_{split}.jsonl')
    validate_recordings_and_supervisions(recordings, supervisions, read_data=True)
    for cut in CutSet.from_manifests(recordings=recordings, supervisions=supervisions):
        (told,) = cut.supervisions
        expected = clips[told.id]['huggingface']
        assert (expected[0], expected[1]) == (split, told.text), told.id
        assert cut.load_audio().shape == (1, len(expected[2])), told.id
        phones = told.alignment['phone']
        assert [item.symbol for item in phones] == expected[3]['phones'], told.id
        for item, start, end in zip(phones, expected[3]['phones_start'], expected[3]['phones_end']):
            assert abs(item.start - start) < 1e-3 and abs(item.end - end) < 1e-3, (told.id, item)
        count += 1
assert count == len(clips)
print('read alike by', '; '.join(f'{name} {version(name)}' for name in ('datasets', 'lhotse', 'soundfile')), count, 'clips')
