// Configuration as people write it: a recipe's YAML, and `--set key=value`. Apart from config.ts, because transcribing
// needs schemas but no YAML, whose reader takes as long to load as a second of sound takes to recognise.
import { parseDocument } from 'yaml';
import { isTree, mergeTrees, type ConfigTree } from './config.js';
import { AsrError } from './errors.js';
import { notUtf8 } from './lines.js';
import { refuseMonstrousYaml } from './yaml-limits.js';

/** @throws what the reader finds wrong; a tag that it does not know is no value either */
function readYaml(text: string): unknown {
  const document = parseDocument(text);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw problem;
  return document.toJS() as unknown;
}

/** Reads a recipe's YAML text. @throws AsrError 'config' when it is no mapping */
export function parseRecipe(text: string, where: string): ConfigTree {
  if (notUtf8(text))
    throw new AsrError('config', `${where}: the file is not UTF-8`, `Convert it: iconv -f LATIN1 -t UTF-8 OLD > NEW`);
  refuseMonstrousYaml(text, where);
  let tree: unknown;
  try {
    tree = readYaml(text);
  } catch (error) {
    throw new AsrError(
      'config',
      `${where}: ${(error as Error).message.split('\n')[0]!.replace(/:$/u, '')}`,
      'Check indentation and colons on that line.',
      error,
    );
  }
  if (tree === null || tree === undefined) return {};
  if (!isTree(tree))
    throw new AsrError('config', `${where}: expected "key: value" lines`, 'See recipes/ for examples.');
  return tree;
}

/** `['learn.gan.seeds=8']` to `{ learn: { gan: { seeds: 8 } } }`; values are read as YAML. */
export function parseAssignments(assignments: readonly string[]): ConfigTree {
  return assignments.reduce<ConfigTree>((tree, assignment) => {
    const at = assignment.indexOf('=');
    if (at < 1)
      throw new AsrError('usage', `--set ${assignment}: expected key=value`, 'For example --set learn.seeds=8');
    const keys = assignment.slice(0, at).split('.');
    const value = parseValue(assignment, at + 1);
    return mergeTrees(tree, keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as ConfigTree);
  }, {});
}

function parseValue(assignment: string, from: number): unknown {
  refuseMonstrousYaml(assignment, `--set ${assignment.slice(0, from)}…`);
  try {
    return readYaml(assignment.slice(from));
  } catch (error) {
    throw new AsrError(
      'usage',
      `--set ${assignment}: the value is not valid YAML`,
      "Quote the whole setting for the shell, for instance --set 'corpus.voices=[es, es+f1]'.",
      error,
    );
  }
}
