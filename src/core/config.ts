// Configuration: a schema holds every default with its unit and reason, a recipe is a diff against it,
// `--set a.b=c` comes last. Unknown keys fail and name the nearest known one.
import { z } from 'zod';
import { checked } from './checked.js';
import { AsrError } from './errors.js';
import { nearestName } from './nearest.js';

export type ConfigTree = { [key: string]: unknown };

/**
 * Lays the layers over the schema's defaults, left to right, and checks the result.
 * @param where what to name in errors, for instance the recipe's path
 * @throws AsrError 'config' for an unknown key (with the nearest known one) or a value out of range
 */
export function resolveConfig<T extends z.ZodObject>(
  schema: T,
  layers: readonly ConfigTree[],
  where: string,
): z.infer<T> {
  const merged = layers.reduce<ConfigTree>(mergeTrees, {});
  rejectUnknownKeys(schema, merged, [], where);
  const hint = 'The allowed values and their reasons are in docs/configuration.md.';
  return checked(schema, merged, (problems) => new AsrError('config', `${where}: ${problems}`, hint));
}

export function isTree(value: unknown): value is ConfigTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Later values win; mappings merge key by key, lists are replaced whole. */
export function mergeTrees(under: ConfigTree, over: ConfigTree): ConfigTree {
  const merged: ConfigTree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, key) ? merged[key] : undefined;
    // Defined, not assigned: an assigned `__proto__` would vanish, and with it the error about an unknown key.
    Object.defineProperty(merged, key, {
      value: isTree(value) && isTree(below) ? mergeTrees(below, value) : value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return merged;
}

function rejectUnknownKeys(schema: z.ZodObject, tree: ConfigTree, path: readonly string[], where: string): void {
  const known = Object.keys(schema.shape);
  for (const [key, value] of Object.entries(tree)) {
    const field: unknown = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
    if (field === undefined) {
      const nearest = nearestName(key, known);
      throw new AsrError(
        'config',
        `${where}: unknown key "${[...path, key].join('.')}"`,
        nearest === undefined
          ? `Known keys here: ${known.join(', ')}.`
          : `Did you mean "${[...path, nearest].join('.')}"?`,
      );
    }
    const inner = unwrap(field as z.ZodType);
    if (inner instanceof z.ZodObject && isTree(value)) rejectUnknownKeys(inner, value, [...path, key], where);
  }
}

function unwrap(type: z.ZodType): z.ZodType {
  if (
    type instanceof z.ZodDefault ||
    type instanceof z.ZodPrefault ||
    type instanceof z.ZodOptional ||
    type instanceof z.ZodNullable
  ) {
    return unwrap(type.unwrap() as z.ZodType);
  }
  return type;
}

/** A section whose absence means "all defaults". */
export function section<T extends z.ZodRawShape>(shape: T): z.ZodPrefault<z.ZodObject<T>> {
  return z.object(shape).prefault({} as never);
}
