// Benchmarks beside their peers: `npm run bench` for all that compare or show memory, or one of them by name, as
// `npm run bench:gan`. A table, or with --json one line a result; peers are skipped with --no-peer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { common, computeOf, print, show, type Common } from './command-line.js';
import { addEncoderCommands } from './encoder-commands.js';
import { compareExports, exportAll, exportPython } from './exports.js';
import { benchGan, ganSizes } from './gan.js';
import { benchGanTraining } from './gan-training.js';
import { benchHours, hoursOptions, type HoursAsked } from './hours.js';
import { benchImport } from './import.js';
import { benchInference } from './inference.js';
import { benchPenalty } from './penalty.js';
import { benchVad } from './vad.js';
import { benchRows, frames, streamRows } from './rows.js';
import { benchPeers, duels } from './all-peers.js';
import { installPeers } from './install-peers.js';
import { benchSearch } from './search.js';
import { benchSessions, runSession } from './sessions.js';
import { benchSimulated, grades, type SimulatedLine } from './simulated.js';
import { writeSimulatedPage } from './simulated-page.js';
import { benchEarly } from './early.js';
import { benchPhase, phaseSettings, type PhaseSize } from './phase.js';
import { phaseDiagram, readPhase, summaryOf } from './phase-summary.js';
import type { Precision } from '../src/encoders/precision.js';
import { comparePublished } from './published.js';
import { benchVerdict } from './verdict.js';
import { writeWhisperCheckpoint } from './whisper-checkpoint.js';

const program = new Command('bench');
common(
  program
    .command('all', { isDefault: true })
    .description('every one below, but for gan-training, early, phase, penalty and simulated, which train'),
).action(async () => {
  // Each in a process of its own: what one leaves in memory or caches is not the next one's.
  for (const [i, args] of [
    ['gan'],
    ['rows'],
    ['inference'],
    ['sessions'],
    ['stream'],
    ['stream', '--rows', '500000'],
  ].entries()) {
    const child = spawn(
      process.execPath,
      [process.argv[1] as string, ...args, ...process.argv.slice(2).filter((arg) => arg !== 'all')],
      { stdio: 'inherit' },
    );
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) process.exitCode = 1;
    if (i < 5 && !process.argv.includes('--json')) process.stdout.write('\n');
  }
  if (!process.argv.includes('--json'))
    process.stdout.write(
      `\nload of the machine at the end: ${(loadavg()[0] as number).toFixed(1)}; times of a busy ` +
        'machine are upper bounds, CPU times are not\n',
    );
});
common(
  program
    .command('exports')
    .description(
      'encoders as PyTorch and Optimum export them, against the states of their checkpoints (docs/encoders.md)',
    ),
)
  .requiredOption(
    '--golden <folder>',
    'checkpoints, each in a folder with states-1.00s.npy; beside them sound-1.00s.npy',
  )
  .option('--venv <folder>', 'Python environment, made where it is not there', 'node_modules/.cache/bench-exports')
  .option('--exports <folder>', 'exports that are there already; made anew without it')
  .option('--families <names>', 'comma-separated; all without it', '')
  .action(async (options: Common & { golden: string; venv: string; exports?: string; families: string }) => {
    const python = options.peer ? exportPython(options.venv) : undefined;
    const folder = options.exports ?? join(mkdtempSync(join(tmpdir(), 'asr-exports-')), 'models');
    if (options.exports === undefined) exportAll(exportPython(options.venv), options.golden, folder, options.families);
    await show(compareExports(folder, options.golden, python), options.json);
  });
common(program.command('gan').description('the pair of adversarial training steps against PyTorch'))
  .option('--size <name>', 'small, middle or paper; all three without it')
  .option('--active', 'ours: gradients of the active network only (clipScope active)')
  .option(
    '--peer-joint',
    'peer: gradients of both networks under one norm, as the reference; without it the other network is frozen',
  )
  .action((options: Common & { size?: string; active?: boolean; peerJoint?: boolean }) => {
    const sizes = ganSizes.filter(({ size }) => options.size === undefined || options.size === size);
    return show(
      benchGan({
        compute: computeOf(options),
        joint: options.active !== true,
        peerJoint: options.peerJoint === true,
        sizes,
        peer: options.peer,
      }),
      options.json,
    );
  });
common(program.command('rows').description('k-means and PCA against faiss and scikit-learn')).action(
  (options: Common) =>
    show(benchRows({ compute: computeOf(options), peer: options.peer, rounds: 3, shapes: frames }), options.json),
);
common(
  program
    .command('peers')
    .description('all duels with programs of others, which it installs; those that do not run are named as missing'),
)
  .option(
    '--venv <folder>',
    'Python environment of the peers, made where it is not there',
    'node_modules/.cache/bench-peers',
  )
  .option('--quick', 'smaller sizes and fewer measurements')
  .option('--only <list>', 'some of them', Object.keys(duels).join(','))
  .action(async (options: Common & { venv: string; quick?: boolean; only: string }) => {
    const { peer, quick = false } = options;
    if (peer) await show(installPeers(options.venv), options.json);
    await show(benchPeers(options.only.split(','), { compute: computeOf(options), peer, quick }), options.json);
  });
common(program.command('inference').description('MFCC against torchaudio, the generator against PyTorch')).action(
  (options: Common) => show(benchInference(computeOf(options), options.peer), options.json),
);
common(program.command('sessions').description('trainings at once: sessions x threads'))
  .option('--size <name>', 'small, middle or paper', 'small')
  .option('--seconds <n>', 'of each', '10')
  .action((options: Common & { size: string; seconds: string }) =>
    show(benchSessions(options.size, Number(options.seconds)), options.json),
  );
common(program.command('session', { hidden: true }))
  .option('--size <name>')
  .option('--seconds <n>')
  .action((options: Common & { size: string; seconds: string }) =>
    runSession(options.size, Number(options.threads), Number(options.seconds)),
  );
common(
  program
    .command('verdict')
    .description('facts that need no label beside the PER of matchings, good and deliberately spoiled'),
)
  .option('--seed <n>', 'of everything drawn', '1')
  .option('--units <n>', 'clusters', '64')
  .option('--other <file>', 'text of another language, a sentence a line')
  .option('--language <voice>', 'that reads it', 'en-us')
  .action((options: Common & { seed: string; units: string; other?: string; language: string }) =>
    show(
      benchVerdict({
        compute: computeOf(options),
        seed: Number(options.seed),
        units: Number(options.units),
        ...(options.other === undefined ? {} : { other: { file: options.other, language: options.language } }),
      }),
      options.json,
    ),
  );
common(program.command('search').description('searches over simulated speech, method by method, in processor time'))
  .option('--utterances <n>', 'of about four seconds', '30')
  .action(async (options: Common & { utterances: string }) => {
    await show(benchSearch(Number(options.utterances)), options.json);
  });
common(
  program
    .command('penalty')
    .description('what looking less often at the gradient penalty saves, and what it costs in phone error rate'),
)
  .option('--size <name>', 'of the steps that are timed: small, middle or paper', 'middle')
  .option('--seeds <n>', 'short trainings for each setting; 0 = time alone', '3')
  .option('--updates <n>', 'of each', '4000')
  .action((options: Common & { size: string; seeds: string; updates: string }) =>
    show(
      benchPenalty({
        compute: computeOf(options),
        size: options.size,
        seeds: Number(options.seeds),
        updates: Number(options.updates),
      }),
      options.json,
    ),
  );
common(
  program
    .command('gan-training')
    .description('phone error rate of short adversarial trainings against PyTorch, seed by seed'),
)
  .option('--seeds <n>', 'trainings of each side', '5')
  .option('--updates <n>', 'of each, half of them of the generator', '4000')
  .action((options: Common & { seeds: string; updates: string }) =>
    show(
      benchGanTraining(computeOf(options), Number(options.seeds), Number(options.updates), options.peer),
      options.json,
    ),
  );
common(program.command('stream').description('peak memory of k-means and PCA over a stream'))
  .option('--rows <n>', 'frames', '50000')
  .action((options: Common & { rows: string }) =>
    show(
      (async function* () {
        yield await streamRows(computeOf(options), Number(options.rows));
      })(),
      options.json,
    ),
  );
common(
  program
    .command('simulated')
    .description('matchers against the best mapping on simulated segments, from easy to hopeless'),
)
  .option('--grades <list>', 'difficulties; 1 = 10 % confusions, 5 % insertions, 5 % deletions', grades.join(','))
  .option('--units <n>', 'clusters', '64')
  .option('--gan <updates>', 'updates of adversarial training, from matching and alone', '0')
  .option('--starts', 'matching also from what co-occurrence suggests')
  .option('--seed <n>', 'seed', '1')
  .option('--page <file>', 'also draw the picture')
  .action(
    async (
      options: Common & { grades: string; units: string; gan: string; starts?: boolean; seed: string; page?: string },
    ) => {
      const lines: SimulatedLine[] = [];
      const wanted = {
        compute: computeOf(options),
        grades: options.grades.split(',').map(Number),
        units: Number(options.units),
        ganUpdates: Number(options.gan),
        starts: options.starts === true,
        seed: Number(options.seed),
      };
      for await (const line of benchSimulated(wanted)) {
        lines.push(line);
        print(line, options.json);
      }
      if (options.page !== undefined) await writeSimulatedPage(options.page, lines);
    },
  );
common(program.command('early').description('which early signs tell a seed that will converge; what halving keeps'))
  .option('--first <seed>', 'of the trainings', '1')
  .option('--last <seed>', 'of the trainings', '12')
  .option('--updates <n>', 'of each', '2000')
  .action((options: Common & { first: string; last: string; updates: string }) =>
    show(
      benchEarly(computeOf(options), [Number(options.first), Number(options.last)], Number(options.updates)),
      options.json,
    ),
  );
common(program.command('phase').description('where adversarial training converges from a random start; resumable'))
  .option('--text <file>', 'one sentence a line; of the full size alone')
  .option('--language <code>', 'that eSpeak NG speaks it in', 'en-us')
  .option('--phones <n>', 'the most frequent ones are kept', '39')
  .option('--purity <list>', 'shares of segments that sound as their phone', '0.9')
  .option('--boundary <list>', 'chances of an insertion and of a deletion', '0.05')
  .option('--hours <list>', 'of speech', '3')
  .option('--sentences <list>', 'of text', '3000')
  .option('--seeds <list>', 'of the training', '1,2,3,4,5')
  .addOption(new Option('--size <name>', 'of network and corpus').choices(['full', 'small']).default('full'))
  .option('--longest <n>', 'phones of an utterance or line; longer ones are cut', '60')
  .option('--settings <list>', `of ${phaseSettings.join(', ')}`, 'recommended')
  .option('--updates <n>', 'of each training', '20000')
  .requiredOption('--out <file>', 'JSON lines; what it holds is not trained again')
  .action(async (options: Common & Record<string, string>) => {
    const numbers = (name: string): number[] => (options[name] as string).split(',').map(Number);
    const conditions = numbers('purity').flatMap((purity) =>
      numbers('boundary').flatMap((boundary) =>
        numbers('hours').flatMap((hours) =>
          numbers('sentences').map((sentences) => ({ purity, boundary, hours, sentences })),
        ),
      ),
    );
    for await (const found of benchPhase({
      compute: computeOf(options),
      text:
        options['text'] === undefined
          ? undefined
          : {
              file: options['text'],
              language: options['language'] as string,
              phones: Number(options['phones']),
              longest: Number(options['longest']),
            },
      conditions,
      seeds: numbers('seeds'),
      settings: (options['settings'] as string).split(','),
      size: options['size'] as PhaseSize,
      updates: Number(options['updates']),
      file: options['out'] as string,
    })) {
      const { settings, purity, boundary, seed, per, oracle, metric, cpu } = found;
      const name = `${settings}: purity ${purity}, boundary errors ${boundary}, seed ${seed}`;
      print({ name, per, oracle, metric, seconds: cpu }, options.json);
    }
  });
program
  .command('phase-summary')
  .description('what files of `phase` say: a row for each settings and condition, early signs, the diagram')
  .argument('<files...>')
  .option('--settings <list>', 'that are looked at; all where it is absent')
  .option('--json', 'one JSON line a row')
  .option('--picture <file>', 'an SVG over purity and boundary errors')
  .action(async (files: string[], options: { settings?: string; json?: boolean; picture?: string }) => {
    const wanted = options.settings?.split(',');
    const lines = (await readPhase(files)).filter(({ settings }) => wanted?.includes(settings) ?? true);
    for (const line of summaryOf(lines)) print(line, options.json);
    if (options.picture !== undefined)
      await writeFile(
        options.picture,
        phaseDiagram(lines, 'Seeds that find an invented language, by purity and boundary errors'),
      );
  });
addEncoderCommands(program);
common(program.command('import').description('files a second and peak memory of the audio stage on many short files'))
  .option('--files <n>', 'how many, in hundreds', '30000')
  .action(async (options: Common & { files: string }) => {
    print(await benchImport(computeOf(options), Number(options.files)), options.json);
  });
common(
  program.command('hours').description('every stage over more and more hours of simulated sound: time, memory, disk'),
)
  .option('--hours <list>', 'sizes of the corpus', '1,10')
  .option('--seconds <n>', 'a mean utterance', '12.3')
  .option('--sentences <n>', 'sentences of text', '100000')
  .option('--columns <n>', 'of frames by a stand-in for an encoder, one every 20 ms; 0 = MFCC of the sound', '0')
  .option('--stages <list>', 'in their order', 'audio,vad,features,text,segments,clusters,learn,decode')
  .option('--folder <folder>', 'kept, and continued where it is there')
  .option('--set <key=value...>', 'settings of the recipe')
  .action((options: Common & HoursAsked) => show(benchHours(hoursOptions(options)), options.json));
common(program.command('vad').description('speech detectors against an alignment'))
  .requiredOption('--audio <folder>', 'folder of an audio stage')
  .requiredOption('--alignment <file>', 'table with `phone:start:end …`, or CTM')
  .option('--silence <symbol>', 'how the alignment names silence', 'SIL')
  .option('--recordings <n>', 'how many are looked at', '300')
  .action(async (options: Common & { audio: string; alignment: string; silence: string; recordings: string }) => {
    for await (const line of benchVad(
      options.audio,
      options.alignment,
      options.silence,
      Number(options.recordings),
      computeOf(options),
    ))
      print(line, options.json === true);
  });
common(
  program
    .command('published')
    .description(
      'checkpoints through their graphs beside what transformers computed (bench/peers/published_encoders.py)',
    ),
)
  .argument('<folder>', 'of checkpoints and states')
  .option('--precision <name>', 'stored or float16', 'stored')
  .action(async (folder: string, options: Common & { precision: Precision }) => {
    for await (const { name, family, alone, together } of comparePublished(
      folder,
      computeOf(options),
      options.precision,
    ))
      process.stdout.write(`${name}\t${family}\t${alone.toExponential(1)}\t${together.toExponential(1)}\n`);
  });
program
  .command('whisper-checkpoint')
  .description('a checkpoint folder for features.kind encoder, of a Whisper model in the form of CTranslate2')
  .argument('<pieces...>', 'model.bin, or its pieces in order')
  .requiredOption('--out <folder>', 'where to write it')
  .action((pieces: string[], { out }: { out: string }) => writeWhisperCheckpoint(pieces, out));
await program.parseAsync();
