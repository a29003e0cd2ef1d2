import { describe, expect, it } from 'vitest';
import { ThinnedCurve } from '../../src/report/curves.js';
import { html, inlineJson } from '../../src/report/html.js';
import { amount, duration, percent, size } from '../../src/core/readable.js';
import { soundUri } from '../../src/report/sound.js';
import { decodeWav } from './wav-bytes.js';

describe('html', () => {
  it('escapes what comes from outside, once', () => {
    const name = `<script>"it's" & more</script>`;
    expect(html`<p title="${name}">${name}</p>`.text).toBe(
      '<p title="&lt;script&gt;&quot;it&#39;s&quot; &amp; ' +
        'more&lt;/script&gt;">&lt;script&gt;&quot;it&#39;s&quot; &amp; more&lt;/script&gt;</p>',
    );
    const items = [1, 2].map((n) => html`<li>${n}</li>`);
    expect(html`<p>${items}${undefined}${false}</p>`.text).toBe('<p><li>1</li><li>2</li></p>');
  });

  it('keeps JSON inside its script element', () => {
    const value = { a: '</script><!-- \u2028' };
    const { text } = inlineJson(value);
    expect(text).not.toContain('<');
    expect(text).not.toContain('\u2028');
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe('ThinnedCurve', () => {
  it('keeps few points as they are', () => {
    const curve = new ThinnedCurve(4);
    for (let x = 1; x <= 5; x++) curve.add(x, 2 * x);
    expect(curve.points).toEqual([
      [1, 2],
      [2, 4],
      [3, 6],
      [4, 8],
      [5, 10],
    ]);
  });

  it('averages neighbours of many, from the first to the last', () => {
    const curve = new ThinnedCurve(50);
    let sum = 0;
    for (let x = 0; x < 10_000; x++) {
      curve.add(x, 3 * x + 1);
      sum += 3 * x + 1;
      expect(curve.points.length).toBeLessThanOrEqual(101);
    }
    expect(curve.points.length).toBeGreaterThanOrEqual(50);
    for (const [x, y] of curve.points) expect(y).toBeCloseTo(3 * x + 1, 6);
    // 10,000 points are no multiple of the last stride: only the last point stands for fewer.
    const mean = curve.points.reduce((total, [, y]) => total + y, 0) / curve.points.length;
    expect(mean / (sum / 10_000)).toBeCloseTo(1, 1);
  });
});

describe('numbers', () => {
  it('read as people write them', () => {
    expect([percent(0.2277), percent(1)]).toEqual(['22.8 %', '100.0 %']);
    expect([amount(1234), amount(14.97), amount(7.756), amount(101.6), amount(Infinity)]).toEqual([
      '1,234',
      '15.0',
      '7.76',
      '102',
      '–',
    ]);
    expect([duration(0.04), duration(9.96), duration(28.4), duration(59.7), duration(224.2), duration(7505)]).toEqual([
      '0.0 s',
      '10 s',
      '28 s',
      '1 min 00 s',
      '3 min 44 s',
      '2 h 05 min',
    ]);
    expect([size(0), size(999), size(999_600), size(1_240_000), size(92e6)]).toEqual([
      '0 B',
      '999 B',
      '1.0 MB',
      '1.2 MB',
      '92 MB',
    ]);
  });
});

describe('soundUri', () => {
  it('is a wav file with the same samples, its header 44 bytes as the page expects', () => {
    const samples = Int16Array.from([0, 1, -1, 32767, -32768]);
    const uri = soundUri(samples);
    expect(uri).toMatch(/^data:audio\/wav;base64,/u);
    expect(decodeWav(Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64'))).toEqual({
      rate: 16_000,
      channels: 1,
      samples,
    });
  });
});
