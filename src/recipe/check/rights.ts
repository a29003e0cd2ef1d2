// Whether a recipe says whose sound and text it uses, and under which terms.
import { missingRights, type Rights } from '../../bundle/rights.js';
import { findingOf, type Finding } from './finding.js';

export function checkRights(rights: Rights | undefined): Finding {
  const missing = missingRights(rights);
  return findingOf(
    'rights',
    missing.length === 0 ? 'sources, licences and consent are stated' : `not stated: ${missing.join(', ')}`,
    { warning: missing.length > 0 },
    'The card of the model repeats them; nobody can pass on a model without them.',
    'Write a block `rights: { sound: { source, licence, consent }, text: { source, licence } }` (docs/groups.md).',
  );
}
