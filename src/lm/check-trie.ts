// The arrays of a language model that lay in a file, before anything walks along them: one pass that says what is
// wrong. What passes cannot lead anywhere but to a node, and every search in it ends.
import { endSymbol, startSymbol, unknownSymbol, type NgramParts } from './ngram.js';
import { rootNode, type NgramTrie, type TrieArrays } from './ngram-trie.js';

/** Steps per node that finding all of them may take: a table at most half full takes two or three. */
const mostSteps = 64;

/** @returns what is damaged, or undefined */
export function damageOf({ order, symbols, trie, logProb, backoff }: NgramParts): string | undefined {
  const arrays = trie.toArrays();
  return (
    symbolDamage(symbols) ??
    slotDamage(arrays) ??
    nodeDamage(arrays, order, symbols.length) ??
    suffixDamage(arrays) ??
    numberDamage(logProb, backoff) ??
    lookupDamage(arrays, trie)
  );
}

function symbolDamage(symbols: readonly string[]): string | undefined {
  const [unknown, start, end] = symbols;
  if (unknown !== unknownSymbol || start !== startSymbol || end !== endSymbol)
    return `its first symbols are not ${unknownSymbol}, ${startSymbol}, ${endSymbol}`;
  return new Set(symbols).size === symbols.length ? undefined : 'a symbol stands twice';
}

/** Without a free slot, looking for what is not there never ends. */
function slotDamage({ slots, parent }: TrieArrays): string | undefined {
  const nodes = parent.length;
  if (nodes === 0 || slots.length === 0 || (slots.length & (slots.length - 1)) !== 0)
    return `${nodes} nodes in a table of ${slots.length}`;
  let used = 0;
  for (const node of slots) {
    if (node < 0 || node >= nodes) return `its table points at node ${node} of ${nodes}`;
    if (node !== rootNode) used++;
  }
  if (used !== nodes - 1) return `its table holds ${used} nodes of ${nodes - 1}`;
  return used === slots.length ? 'its table is full' : undefined;
}

function nodeDamage({ parent, symbol, length }: TrieArrays, order: number, symbols: number): string | undefined {
  if (length[rootNode] !== 0 || symbol[rootNode] !== -1) return 'its root is no root';
  for (let node = 1; node < parent.length; node++) {
    const above = parent[node]!;
    if (above < 0 || above >= node) return `node ${node} stands before its parent ${above}`;
    if (length[node] !== length[above]! + 1 || length[node]! > order)
      return `node ${node} is an n-gram of length ${length[node]} below one of ${length[above]}, at most ${order}`;
    if (symbol[node]! < 0 || symbol[node]! >= symbols) return `node ${node} has symbol ${symbol[node]} of ${symbols}`;
  }
  return undefined;
}

/**
 * The suffix of an n-gram ends in the same symbol, and what stands before that is a suffix of what stands before it.
 */
function suffixDamage({ parent, symbol, length, suffix }: TrieArrays): string | undefined {
  if (suffix[rootNode] !== rootNode) return 'the root has a suffix';
  for (let node = 1; node < parent.length; node++) {
    const link = suffix[node]!;
    if (link < 0 || link >= node || length[link]! >= length[node]!) return `node ${node} has ${link} as its suffix`;
    if (link === rootNode) continue;
    let at = suffix[parent[node]!]!;
    while (at !== rootNode && at !== parent[link]) at = suffix[at]!;
    if (symbol[link] !== symbol[node] || at !== parent[link]) return `node ${node} has ${link} as its suffix`;
  }
  return undefined;
}

function numberDamage(logProb: ArrayLike<number>, backoff: ArrayLike<number>): string | undefined {
  for (let node = 0; node < logProb.length; node++) {
    // A probability of nothing is written as minus infinity by some programs.
    const probability = logProb[node]!;
    if (Number.isNaN(probability) || probability > 1e-3) return `node ${node} has the log probability ${probability}`;
    if (!Number.isFinite(backoff[node])) return `node ${node} has the backoff weight ${backoff[node]}`;
  }
  return undefined;
}

function lookupDamage({ parent, symbol }: TrieArrays, trie: NgramTrie): string | undefined {
  let steps = mostSteps * (parent.length + 1024);
  for (let node = 1; node < parent.length; node++) {
    const found = trie.findWithin(parent[node]!, symbol[node]!, steps);
    if (found.node !== node) return `node ${node} is not found by its symbols`;
    steps -= found.steps;
  }
  return undefined;
}
