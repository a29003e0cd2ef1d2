// How to get the same again: program, seed, keys and the whole config.
import { stringify } from 'yaml';
import type { ReportContent } from '../content.js';
import { html, type Html } from '../html.js';
import { table } from './table.js';

export function provenanceSection({ pipeline, seed }: ReportContent): Html {
  const programs = [...new Set(pipeline.map(({ record }) => record.program))];
  const config = Object.fromEntries(pipeline.map(({ record }) => [record.stage, record.config]));
  const rows = pipeline.map(({ record }) => ({
    cells: [
      record.stage,
      html`<code>${record.key}</code>`,
      record.version,
      engineOf(record.compute),
      record.finished.replace('T', ' ').replace(/\..*$/su, ' UTC'),
    ],
  }));
  return html`<p>
      Made by ${programs.join(', ')} with seed ${seed}. A stage's key is the hash of its config, seed, version and
      inputs: equal keys mean equal results.
    </p>
    ${table(
      'Keys of all stages',
      [
        { name: 'Stage' },
        { name: 'Key' },
        { name: 'Version', number: true },
        { name: 'Computed on' },
        { name: 'Finished' },
      ],
      rows,
    )}
    <details>
      <summary>The whole config</summary>
      <pre tabindex="0">${stringify(config)}</pre>
    </details>`;
}

function engineOf(compute: unknown): string {
  const { engine = '', threads = 0 } = (compute ?? {}) as { engine?: string; threads?: number };
  return `${engine}, ${threads === 0 ? 'a thread for each core' : `${threads} threads`}`;
}
