// An utterance that features left out ended the run at its last stage: the page drew it by lot, or as the worst one,
// and asked for boundaries that it never had.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.js';
import { writeNpy } from '../../src/core/npy.js';
import { makePlan } from '../../src/recipe/plan.js';
import { runPlan } from '../../src/recipe/run.js';
import { sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

const recipe = `name: small
audio: { dir: sound, testShare: 0.3, speakers: one }
vad: { method: none }
text: { file: text.txt, pronunciation: letters, minPhoneShare: 0 }
features: { kind: precomputed, folder: sound }
clusters: { count: 4 }
learn: { matching: { restarts: 1, steps: 5 }, cycle: { starts: 1, rounds: 0 } }
`;

it.each(["''", 'references.txt'])('goes from the left out frames to the page (references: %s)', async (references) => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const folder = await temporaryFolder({
    'recipe.yaml': recipe,
    'text.txt': 'una casa verde\ndos mesas\nel perro come pan\n',
    'references.txt': ids.map((id) => `${id} una casa\n`).join(''),
    ...Object.fromEntries(ids.map((id) => [`sound/${id}.wav`, wavBytes([sine(300, 16_000, 1)], 16_000, 's16')])),
  });
  for (const [i, id] of ids.entries()) {
    const frames = Float32Array.from({ length: 49 * 4 }, (_, t) => (id === 'e' ? NaN : Math.sin(i + t * (t + 1))));
    await writeNpy(join(folder, 'sound', `${id}.npy`), frames, [49, 4]);
  }
  const run = join(folder, 'run');
  const set = ['report.worst=6', `score.references=${references}`, 'score.unit=phones'];
  await runPlan(await makePlan({ recipe: join(folder, 'recipe.yaml'), data: folder, run, set }), silentLog);
  expect(await readFile(join(run, 'features', 'skipped.jsonl'), 'utf8')).toContain('"e"');
  expect(await readFile(join(run, 'report', 'report.html'), 'utf8')).toContain('</html>');
});
