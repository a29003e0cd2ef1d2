// `asr lm`: n-gram language models of words or phones, from text to ARPA or the binary form, and their perplexity.
import type { Command } from 'commander';
import { emitJson, type JsonOption, NumberOption } from './options.js';
import { held } from '../core/disposal.js';

interface EstimateOptions extends JsonOption {
  readonly order: string;
  readonly prune?: string;
  readonly memory: string;
  readonly out: string;
}

interface PerplexityOptions extends JsonOption {
  readonly lm: string;
}

export function addLmCommand(program: Command): void {
  const lm = program.command('lm').description('n-gram language models: estimate, convert, perplexity');
  lm.command('estimate')
    .description('estimate a model with modified Kneser-Ney smoothing, in bounded memory')
    .argument('<text>', 'one sentence a line, words or phones separated by spaces')
    .requiredOption('--out <file>', 'where the model goes: ARPA, or the binary form for a name that ends in .bin')
    .addOption(
      new NumberOption('--order <n>', 'length of the longest n-grams, 1 to 6', { least: 1, most: 6 }).default('3'),
    )
    .option('--prune <counts>', 'n-grams with so many occurrences or fewer are left out, by length: 0,0,1')
    .addOption(
      new NumberOption('--memory <MiB>', 'memory for counting and sorting; more goes to the temporary folder', {
        least: 1,
        most: 1_000_000,
        fractions: true,
      }).default('256'),
    )
    .option('--json', 'one line of JSON: n-grams by length, sentences, tokens, seconds')
    .action(estimateCommand);
  lm.command('convert')
    .description('ARPA to the binary form, or back, by the endings of the names')
    .argument('<from>', 'a model')
    .argument('<to>', 'a file; .bin = binary form, else ARPA')
    .action(convertCommand);
  lm.command('perplexity')
    .description('how well a model predicts a text')
    .argument('<text>', 'one sentence a line')
    .requiredOption('--lm <file>', 'ARPA or binary form')
    .option('--json', 'one line of JSON: perplexity, without unknown words, sentences, tokens, unknown')
    .action(perplexityCommand);
  for (const command of lm.commands) command.exitOverride();
}

async function estimateCommand(text: string, options: EstimateOptions): Promise<void> {
  const order = Number(options.order);
  const memory = Number(options.memory);
  const { estimateLm } = await import('../lm/estimate.js');
  const { writeEstimated, sentencesOf } = await import('../lm/lm-text.js');
  const { refuseSameFile } = await import('../core/same-file.js');
  await refuseSameFile(text, options.out);
  const started = performance.now();
  await using lm = held(
    await estimateLm(sentencesOf(text), {
      order,
      memory: memory * 2 ** 20,
      ...(options.prune === undefined ? {} : { prune: options.prune.split(',').map(Number) }),
    }),
  );
  await writeEstimated(lm, options.out);
  const seconds = (performance.now() - started) / 1000;
  if (options.json) emitJson({ ngrams: lm.counts, sentences: lm.sentences, tokens: lm.tokens, seconds });
  else
    process.stdout.write(
      `${options.out}: ${lm.counts.map((count, i) => `${count} ${i + 1}-grams`).join(', ')} of ${lm.tokens} ` +
        `tokens in ${lm.sentences} sentences, ${seconds.toFixed(1)} s\n`,
    );
}

async function convertCommand(from: string, to: string): Promise<void> {
  const { readLm } = await import('../lm/lm-file.js');
  const { writeModel } = await import('../lm/lm-text.js');
  const { refuseSameFile } = await import('../core/same-file.js');
  await refuseSameFile(from, to);
  await writeModel(await readLm(from), to);
}

async function perplexityCommand(text: string, options: PerplexityOptions): Promise<void> {
  const { readLm } = await import('../lm/lm-file.js');
  const { measurePerplexity, sentencesOf } = await import('../lm/lm-text.js');
  const found = await measurePerplexity(await readLm(options.lm), sentencesOf(text));
  if (options.json) return emitJson(found);
  process.stdout.write(
    `perplexity ${found.perplexity.toFixed(2)} (${found.withoutUnknown.toFixed(2)} without ${found.unknown} ` +
      `unknown words) over ${found.tokens} tokens in ${found.sentences} sentences\n`,
  );
}
