// The picture of the simulated benchmark: PER over difficulty, one line a matcher and one for the oracle, as one page.
import { writeFile } from 'node:fs/promises';
import { loadAssets } from '../src/report/assets.js';
import type { SimulatedLine } from './simulated.js';

const colours: Readonly<Record<string, string>> = {
  oracle: '#888888',
  matching: '#1f6feb',
  'gan from matching': '#2da44e',
  'gan alone': '#cf222e',
};

export async function writeSimulatedPage(path: string, lines: readonly SimulatedLine[]): Promise<void> {
  const { charts } = await loadAssets();
  const methods = [...new Set(lines.map(({ method }) => method))];
  const grades = [...new Set(lines.map(({ grade }) => grade))];
  const oracle = grades.map((grade) => ({ x: grade, y: lines.find((line) => line.grade === grade)!.oracle }));
  const datasets = [
    { label: 'oracle', data: oracle },
    ...methods.map((method) => ({
      label: method,
      data: lines.filter((line) => line.method === method).map(({ grade, per }) => ({ x: grade, y: per })),
    })),
  ].map((set) => ({
    ...set,
    borderColor: colours[set.label],
    backgroundColor: colours[set.label],
    borderDash: set.label === 'oracle' ? [6, 4] : [],
    pointRadius: 4,
  }));
  const config = {
    type: 'scatter',
    data: { datasets },
    options: {
      animation: false,
      showLine: true,
      plugins: { title: { display: true, text: 'Matchers on simulated segments: PER against the oracle mapping' } },
      scales: {
        x: { title: { display: true, text: 'difficulty (1 = 10 % confusions, 5 % insertions, 5 % deletions)' } },
        y: { min: 0, title: { display: true, text: 'PER, %' } },
      },
    },
  };
  await writeFile(
    path,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Simulated segments</title>
<style>body{font-family:sans-serif;max-width:760px;margin:16px auto}</style>
<canvas id="chart" role="img" aria-label="Phone error rate of each matcher over difficulty"></canvas>
<script>${charts}</script>
<script>new Chart(document.getElementById('chart'), ${JSON.stringify(config)});</script></html>
`,
  );
}
