// One of each other kind: a front end, a pronouncer, a layout, an output format and a stage. A module may give several.
import { readdir } from 'node:fs/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @param {import('unsupervised-asr').PluginApi} asr */
export default ({ z, defineExtractor, definePronouncer, defineLayout, defineFormat, defineStage }) => [
  defineExtractor({
    name: 'crossings',
    version: 1,
    summary: 'energy and zero crossings of each frame, at several lags',
    config: z.object({
      lags: z.number().int().min(1).max(16).default(6).describe('lags whose products are taken, besides none'),
    }),
    create({ lags }) {
      const [hop, window, dim] = [160, 400, lags + 2];
      return {
        hop,
        window,
        dim,
        async extract(samples) {
          const rows = samples.length < window ? 0 : 1 + Math.floor((samples.length - window) / hop);
          const data = new Float32Array(rows * dim);
          for (let row = 0; row < rows; row++) {
            const part = samples.subarray(row * hop, row * hop + window);
            for (let lag = 0; lag <= lags; lag++) {
              let sum = 0;
              for (let i = lag; i < window; i++) sum += part[i] * part[i - lag];
              data[row * dim + lag] = lag === 0 ? Math.log(sum + 1e-6) : sum / (Math.exp(data[row * dim]) + 1e-6);
            }
            let crossings = 0;
            for (let i = 1; i < window; i++) crossings += Number(part[i] >= 0 !== part[i - 1] >= 0);
            data[row * dim + dim - 1] = crossings / window;
          }
          return { data, rows };
        },
        async dispose() {},
      };
    },
  }),

  definePronouncer({
    name: 'digraphs',
    version: 1,
    summary: 'letters are phones, but for pairs that are one',
    config: z.object({ pairs: z.array(z.string().length(2)).default(['ch', 'ng']).describe('pairs of letters') }),
    create: ({ pairs }) => {
      const phone = new RegExp(`${[...pairs, '\\p{L}'].join('|')}`, 'gu');
      return (word) => {
        const phones = word.match(phone) ?? [];
        return phones.length === 0 ? { missing: 'noPronunciation' } : { phones, foreign: false };
      };
    },
  }),

  defineLayout({
    name: 'sessions',
    version: 1,
    summary: 'files named SPEAKER__NUMBER.wav',
    config: z.object({ test: z.string().default('').describe('speaker whose recordings are the test part') }),
    async *read(root, { test }) {
      for (const file of (await readdir(root)).sort()) {
        if (!file.endsWith('.wav')) continue;
        const [speaker = 'nobody'] = file.split('__');
        const id = file.slice(0, -'.wav'.length);
        yield { id, path: join(root, file), speaker, split: speaker === test ? 'test' : 'train' };
      }
    },
  }),

  defineFormat({
    name: 'count',
    version: 1,
    summary: 'recording and number of phones',
    config: z.object({}),
    ending: 'count',
    joins: true,
    write: ({ file, phones }) => `${file}\t${phones.length}\n`,
  }),

  defineStage({
    name: 'bigrams',
    version: 1,
    summary: 'counts pairs of phones in what was recognised',
    config: z.object({ top: z.number().int().min(1).max(1000).default(20).describe('pairs that are kept') }),
    reads: ['decode'],
    async run({ inputs, config, out }) {
      const lines = (await readFile(join(inputs.decode, 'hypotheses.jsonl'), 'utf8')).trim().split('\n');
      const counts = new Map();
      for (const line of lines) {
        const phones = JSON.parse(line).phones.map((entry) => entry.phone ?? entry);
        for (let i = 1; i < phones.length; i++) {
          const pair = `${phones[i - 1]} ${phones[i]}`;
          counts.set(pair, (counts.get(pair) ?? 0) + 1);
        }
      }
      const kept = [...counts].sort(([, a], [, b]) => b - a).slice(0, config.top);
      await writeFile(join(out, 'bigrams.tsv'), kept.map(([pair, count]) => `${pair}\t${count}\n`).join(''));
      return { pairs: counts.size };
    },
  }),
];
