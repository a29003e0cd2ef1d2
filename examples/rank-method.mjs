// A learning method in a few lines: units and phones are sorted by how often they occur, and the most frequent unit is
// the most frequent phone. Bad, and better than nothing; docs/plugins.md walks through it.
/** @param {import('unsupervised-asr').PluginApi} asr */
export default ({ z, defineMethod, finishedRun, tableRun }) =>
  defineMethod({
    name: 'rank',
    version: 1,
    summary: 'the n-th most frequent unit is the n-th most frequent phone',
    config: z.object({
      certainty: z.number().min(0.5).max(0.99).default(0.9).describe('probability of the phone that was chosen'),
    }),
    async train(io, { certainty }, seed) {
      const name = `rank-${seed}`;
      const finished = await finishedRun(io.out, name);
      if (finished) return [finished];
      const { utterances, unitCount, sentences, matched } = io.corpus;
      const units = shares(
        utterances.map((one) => one.units),
        unitCount,
      );
      const phones = shares(sentences, matched);
      const byShare = (values) => [...values.keys()].sort((a, b) => values[b] - values[a]);
      // Several units share a phone: each takes its place in the cumulated shares of both.
      const table = new Float32Array(unitCount * matched).fill(Math.log((1 - certainty) / Math.max(1, matched - 1)));
      const order = byShare(phones);
      let seen = 0;
      let reached = phones[order[0]];
      let phone = 0;
      for (const unit of byShare(units)) {
        while (seen + units[unit] / 2 > reached && phone < matched - 1) reached += phones[order[++phone]];
        table[unit * matched + order[phone]] = Math.log(certainty);
        seen += units[unit];
      }
      return [await tableRun(io, { name, method: 'rank', seed: `rank ${seed}`, loss: null, table })];
    },
  });

/** Share of each symbol in sequences of numbers. */
function shares(sequences, size) {
  const counts = new Float64Array(size);
  for (const sequence of sequences) for (const symbol of sequence) counts[symbol]++;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}
