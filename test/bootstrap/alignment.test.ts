import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/core/records.js';
import { frameLabels, spansOf, unlabelled } from '../../src/bootstrap/alignment.js';

const rules = { splitCompound: true, stripLength: false, stripTone: false };
const labels = new Map(['a', 'ɪ', 't', 's'].map((phone, i) => [phone, i]));
const silence = 4;

describe('what the synthesiser says it spoke', () => {
  it('becomes spans: stress is dropped, compounds are halved, what the phone set lacks has no label', () => {
    const events = [
      { phone: 't', start: 1000 },
      { phone: 'ˈaɪ', start: 2000 },
      { phone: 'x', start: 4000 },
      { phone: '', start: 5000 },
    ];
    expect(spansOf({ phones: events, sampleRate: 10_000, seconds: 0.6 }, { labels, silence, rules })).toEqual([
      { label: silence, start: -1 },
      { label: 2, start: 0.1 },
      { label: 0, start: 0.2 },
      { label: 1, start: expect.closeTo(0.3, 9) as number },
      { label: unlabelled, start: 0.4 },
      { label: silence, start: 0.5 },
    ]);
  });

  it('labels each frame by its middle, across a pause that was cut out', () => {
    const spans = [
      { label: silence, start: -1 },
      { label: 0, start: 0.02 },
      { label: 1, start: 0.1 },
    ];
    // Frames of 25 ms every 10 ms, middles at 12.5, 22.5 ...; the second region starts at 0.1 s.
    expect([...frameLabels(spans, 4, { hop: 160, window: 400 }, [[0, 480] as Region, [1600, 3200] as Region])]).toEqual(
      [silence, 0, 1, 1],
    );
  });
});
