import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { silentLog } from '../../src/core/log.js';
import { phoneSetSchema } from '../../src/core/records.js';
import { runStage } from '../../src/core/stage-run.js';
import { readArpa } from '../../src/lm/arpa.js';
import { readLm } from '../../src/lm/lm-file.js';
import { endSymbol, perplexity, startSymbol, unknownId, unknownSymbol } from '../../src/lm/ngram.js';
import { createPronouncer } from '../../src/text/pronounce.js';
import { readTextConfig, textStage, withoutSilence } from '../../src/text/stage.js';
import { temporaryFolder } from '../temporary-folder.js';

let data = '';
beforeEach(async () => {
  data = await temporaryFolder();
});

async function run(
  text: string | Uint8Array,
  config: ConfigTree,
  out = 'out',
): Promise<{ folder: string; stats: Record<string, unknown>; lines: string[] }> {
  await writeFile(join(data, 'text.txt'), text);
  const folder = join(data, out);
  await runStage(textStage, {
    inputs: {},
    out: folder,
    config: resolveConfig(textStage.config, [{ minPhoneCount: 0 }, config], 'test'),
    data,
    seed: 3,
    log: silentLog,
    compute: { engine: 'cpu', threads: 1 },
  });
  const stats: unknown = JSON.parse(await readFile(join(folder, 'stats.json'), 'utf8'));
  const lines = (await readFile(join(folder, 'sentences.txt'), 'utf8')).trimEnd().split('\n');
  return { folder, stats: stats as Record<string, unknown>, lines };
}

const spanish = [
  'Hola, mundo.',
  '',
  '¿Quién ha dejado la ventana abierta?',
  'El chorizo de Ávila --- mucho',
  'La llave 123456 no abre.',
  'Abre la llave.',
].join('\n');

describe('text stage, eSpeak', () => {
  it('writes phones, silence, lexicon, model and counts', async () => {
    const { folder, stats, lines } = await run(spanish, { language: 'es', silenceProbability: 1 });
    expect(lines[0]).toBe('<SIL> o l a <SIL> m u n d o <SIL>');
    expect(lines).toHaveLength(3);
    expect(stats).toMatchObject({
      sentences: 3,
      words: 11,
      droppedSentences: 2,
      dropped: { marked: 1, longNumber: 1 },
    });
    expect(stats['silences']).toBe(3 + 11);
    expect(stats['phones']).toBe(lines.flatMap(withoutSilence).length);
    const set = phoneSetSchema.parse(JSON.parse(await readFile(join(folder, 'phones.json'), 'utf8')));
    expect(set.phones.at(-1)).toEqual({ phone: '<SIL>', count: 14 });
    expect(set.phones[0]!.phone).toBe('a');
    expect(new Set(set.phones.map(({ phone }) => phone))).toEqual(new Set(lines.join(' ').split(' ')));
    const lexicon = await readFile(join(folder, 'lexicon.tsv'), 'utf8');
    expect(lexicon).toContain('hola\to l a\n');
    expect(lexicon).toContain('llave\tʎ a β e\n');
    const model = await readArpa(join(folder, 'lm.arpa'));
    expect(model.order).toBe(4);
    expect(perplexity(model, lines.map(withoutSilence))).toBeLessThan(10);
  });

  it('is the same for the same seed, whatever the order of the words before', async () => {
    const one = await run(spanish, { language: 'es' }, 'one');
    const two = await run(spanish, { language: 'es' }, 'two');
    expect(one.lines).toEqual(two.lines);
    const alone = await run('Abre la llave.', { language: 'es', silenceProbability: 0 }, 'three');
    expect(alone.lines[0]).toBe(
      one.lines[2]!.split(' ')
        .filter((symbol, i, all) => symbol !== '<SIL>' || i === 0 || i === all.length - 1)
        .join(' '),
    );
  });

  it('speaks words as their neighbours change them, in the text and in references, and lists each way', async () => {
    const text = 'donde viene\nla vaca de donde\nla vaca\nun beso\n';
    const { folder, lines } = await run(text, { language: 'es', silenceProbability: 0, surround: false });
    expect(lines).toEqual(['d o n d e β j e n e', 'l a β a k a ð e ð o n d e', 'l a β a k a', 'u m b e s o']);
    const lexicon = (await readFile(join(folder, 'lexicon.tsv'), 'utf8')).trimEnd().split('\n');
    expect(lexicon.filter((line) => line.startsWith('donde'))).toEqual(['donde\td o n d e', 'donde\tð o n d e']);
    const pronounce = await createPronouncer(await readTextConfig(folder), data);
    expect(pronounce('La vaca.')).toEqual(['l', 'a', 'β', 'a', 'k', 'a']);
    // A pause keeps words from touching.
    expect(pronounce('Un día, vino.')!.join(' ')).toBe('u n d i a b i n o');
    const alone = await run(text, { language: 'es', silenceProbability: 0, surround: false, context: 'word' }, 'alone');
    expect(alone.lines.slice(1)).toEqual(['l a b a k a d e d o n d e', 'l a b a k a', 'u n b e s o']);
    expect((await createPronouncer(await readTextConfig(alone.folder), data))('La vaca.')).toEqual([
      'l',
      'a',
      'b',
      'a',
      'k',
      'a',
    ]);
  });

  it('keeps the phones of words that eSpeak joins, and lists such words as they sound alone', async () => {
    const { folder, lines, stats } = await run('one of the cats\n', {
      language: 'en',
      silenceProbability: 1,
      surround: false,
    });
    expect(lines).toEqual(['w ɒ n <SIL> ɒ v ð ə <SIL> k a t s']);
    expect(stats).toMatchObject({ sentences: 1, words: 4 });
    expect((await readFile(join(folder, 'lexicon.tsv'), 'utf8')).split('\n')).toHaveLength(5);
  });

  it('makes a word model that learns from words that come once where unknown words come', async () => {
    const { folder } = await run('la llave abre\nla puerta abre\n', { language: 'es' });
    const model = await readLm(join(folder, 'word-lm.bin'));
    expect(model.symbols).toEqual([unknownSymbol, startSymbol, endSymbol, 'la', 'abre']);
    const after = (word: string): number => model.score(model.advance(model.emptyState, model.id(word)), unknownId);
    expect(after('la')).toBeGreaterThan(after('abre'));
    // Where nothing comes twice, all would be unknown.
    const rare = await run('la llave abre\n', { language: 'es' }, 'rare');
    expect((await readLm(join(rare.folder, 'word-lm.bin'))).symbols).toContain('llave');
  });

  it('splits or keeps compounds', async () => {
    expect((await run('Zeit', { language: 'de' }, 'split')).lines).toEqual(['<SIL> t s a ɪ t <SIL>']);
    expect((await run('Zeit', { language: 'de', splitCompound: false }, 'whole')).lines).toEqual([
      '<SIL> ts aɪ t <SIL>',
    ]);
  });

  it('drops sentences with rare phones, but pronounces them in references', async () => {
    const text = `${'la mesa\n'.repeat(20)}el chico\n`;
    const { folder, stats, lines } = await run(text, { language: 'es', minPhoneCount: 5 });
    expect(lines).toHaveLength(20);
    expect(stats['dropped']).toEqual({ rarePhone: 1 });
    expect(Object.keys(stats['rarePhones'] as object)).toContain('ʃ');
    const pronounce = await createPronouncer(await readTextConfig(folder), data);
    expect(pronounce('¡El chico!')).toEqual(['e', 'l', 't', 'ʃ', 'i', 'k', 'o']);
    expect(pronounce('12345')).toBeDefined();
    expect(pronounce('привет')).toBeUndefined();
  });

  it('refuses a text in another script, and drops single sentences of it', async () => {
    await expect(run('Привет мир\nКак дела\nhola', { language: 'es' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/4 of 5 words \(such as "привет"\)/),
    });
    const { stats } = await run('hola mundo\nПривет hola\nuna casa grande', { language: 'es' });
    expect(stats).toMatchObject({ sentences: 2, dropped: { otherScript: 1 } });
  });

  it('names an unknown voice and a missing one', async () => {
    await expect(run('hola', { language: 'xyz' })).rejects.toMatchObject({ code: 'config' });
    await expect(run('hola', {})).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('text.language'),
    });
  });
});

describe('text stage, other pronunciations', () => {
  it('reads a lexicon, and drops what it does not list', async () => {
    await writeFile(join(data, 'lex.tsv'), 'Hola\to l a\nhola\tx x\nmundo\tm u\n');
    const { lines, stats } = await run('hola mundo\nhola nadie\nHola', {
      pronunciation: 'lexicon',
      lexicon: 'lex.tsv',
      silenceProbability: 0,
      surround: false,
    });
    expect(lines).toEqual(['o l a m u', 'o l a']);
    expect(stats['dropped']).toEqual({ noPronunciation: 1 });
    const words = await run(
      'hola nadie mundo',
      { pronunciation: 'lexicon', lexicon: 'lex.tsv', missing: 'dropWord', silenceProbability: 0, surround: false },
      'words',
    );
    expect(words.lines).toEqual(['o l a m u']);
  });

  it.each([
    ['no tab', 'hola o l a', /line 2: no tab/],
    ['no phones', 'hola\t ', /line 2: no phones for "hola"/],
    ['a reserved symbol', 'hola\to <SIL>', /"<SIL>" is reserved/],
  ])('names the line of a lexicon with %s', async (_name, line, message) => {
    await writeFile(join(data, 'lex.tsv'), `a\ta\n${line}\n`);
    await expect(run('hola', { pronunciation: 'lexicon', lexicon: 'lex.tsv' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(message),
    });
  });

  it('takes letters for phones', async () => {
    const { lines } = await run("d'Été 5\nÑu co-op", {
      pronunciation: 'letters',
      surround: false,
      silenceProbability: 1,
    });
    expect(lines).toEqual(['ñ u <SIL> c o o p']);
  });

  it('takes lines of phones, with words where | says so', async () => {
    const { lines, stats } = await run('p1 p2 | p3\np1 P1\n', {
      unit: 'phones',
      silenceProbability: 1,
      surround: false,
    });
    expect(lines).toEqual(['p1 p2 <SIL> p3', 'p1 P1']);
    expect(stats).toMatchObject({ phones: 5, words: 3 });
  });
});

describe('text stage, bad text', () => {
  it.each([
    ['an empty file', '', /no words in the text: the file is empty/],
    ['blank lines', '\n \n\n', /3 lines are blank/],
    ['punctuation', '...\n---\n', /1 lines hold no letter, 1 lines hold ---/],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x0a]), /are not UTF-8/],
  ])('refuses %s', async (_name, text, message) => {
    await expect(run(text, { pronunciation: 'letters' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(message),
    });
  });

  it('says why no sentence is left', async () => {
    await expect(run('ab ab', { pronunciation: 'letters', minPhoneCount: 10 })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('rarePhone 1'),
    });
  });

  it('takes a random choice of lines, the same for vocabulary and sentences', async () => {
    const text = Array.from(
      { length: 100 },
      (_, i) => `${String.fromCharCode(97 + Math.floor(i / 10))}${String.fromCharCode(97 + (i % 10))}`,
    ).join('\n');
    const { stats, lines } = await run(text, { pronunciation: 'letters', maxSentences: 12 });
    expect(stats).toMatchObject({ sentences: 12, distinctWords: 12, dropped: {} });
    expect(new Set(lines).size).toBe(12);
    expect([...lines].sort()).toEqual(lines);
  });
});
