// What a recipe states of rights, what a check says is missing, and what of it the card shows.
import { describe, expect, it } from 'vitest';
import { groupsSection, labelledParts } from '../../src/bundle/card-making.js';
import { bundleConfig } from '../../src/bundle/config.js';
import type { ModelContent } from '../../src/bundle/model-record.js';
import { missingRights, rightsSchema, rightsSection } from '../../src/bundle/rights.js';
import { featuresConfig } from '../../src/features/config.js';
import { checkRights } from '../../src/recipe/check/rights.js';
import { recipeSchema, stageConfig } from '../../src/recipe/config.js';

const rights = rightsSchema.parse({
  sound: { source: 'radio', licence: 'CC0', consent: 'signed' },
  text: { source: 'letters', licence: 'by letter\nof the parish' },
});

describe('rights', () => {
  it('are missed one by one, and a check warns of them', () => {
    expect(missingRights(undefined)).toEqual([
      'sound.source',
      'sound.licence',
      'sound.consent',
      'text.source',
      'text.licence',
    ]);
    expect(missingRights(rights)).toEqual([]);
    expect(checkRights(rights).level).toBe('ok');
    const finding = checkRights(rightsSchema.parse({ ...rights, sound: { ...rights.sound, consent: ' ' } }));
    expect(finding).toMatchObject({ level: 'warning', what: 'not stated: sound.consent' });
  });

  it('reach the card by way of the bundle, on one line each', () => {
    const config = recipeSchema.parse({ name: 'x', rights });
    expect(stageConfig(config, 'bundle')['rights']).toEqual(rights);
    expect(rightsSection(rights)).toContain('| text | letters | by letter of the parish | |');
    expect(rightsSection(undefined)).toContain('**not stated**');
  });
});

describe('what was labelled', () => {
  const model = (kind: string, more: object = {}): ModelContent =>
    ({ features: { ...featuresConfig.parse({}), kind }, provenance: {}, ...more }) as unknown as ModelContent;
  const config = bundleConfig.parse({});

  it('is none for MFCC and letters, and named for everything that rests on labels', () => {
    expect(labelledParts(model('mfcc', { text: { pronunciation: 'letters' } }), config)).toEqual(['none']);
    const all = labelledParts(
      model('encoder', { provenance: { syntheticSpeech: true }, text: { pronunciation: 'espeak' } }),
      { ...config, rights: { ...rights, labelled: 'transcribed Swahili' } },
    ).join('\n');
    for (const part of ['an encoder', 'a synthesiser', 'pronunciation rules', 'transcribed Swahili'])
      expect(all).toContain(part);
    expect(labelledParts(model('supervised-stand-in'), config).join()).toContain('transcripts of this corpus');
  });

  it('says where groups are not known', () => {
    expect(groupsSection(undefined)).toContain('Not known');
  });
});
