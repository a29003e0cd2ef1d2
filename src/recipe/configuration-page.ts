// From the schemas: docs/configuration.md (every setting with default, allowed values, unit and reason) and
// docs/recipe.schema.json (completion and checks in editors). A test says when either is out of date.
import { z } from 'zod';
import { byPlugin, type Plugin } from '../core/plugins.js';
import { stages } from '../stages.js';
import { recipeSchema } from './config.js';

/** The part of a JSON schema that is looked at here. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/**
 * JSON schema (draft 2020-12) of a recipe file; unknown keys are wrong, as they are for the program.
 * @param plugins whose settings it knows, too
 */
export function editorSchema(plugins: readonly Plugin[] = []): object {
  const schema = recipesSchema() as { properties: Record<string, Schema> };
  if (plugins.length > 0) {
    const known = Object.fromEntries(plugins.map((plugin) => [plugin.name, settingsSchema(plugin)]));
    schema.properties['plugins'] = { ...schema.properties['plugins'], properties: known };
  }
  return schema;
}

/** Of one plug-in's settings. */
export const settingsSchema = ({ config, summary }: Plugin): Schema => ({
  ...(z.toJSONSchema(config, { io: 'input' }) as Schema),
  description: summary,
});

/** What a plug-in is, and a line for each of its settings. */
export function pluginPage(plugin: Plugin): string {
  const { kind, name, version, summary } = plugin;
  const lines = rows(`plugins.${name}`, settingsSchema(plugin));
  const settings = lines.length === 0 ? 'No settings.\n' : table(lines);
  return `## ${kind} ${name}, version ${version}\n${summary}\n\n${settings}\n`;
}

function recipesSchema(): object {
  return z.toJSONSchema(recipeSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.properties !== undefined) {
        jsonSchema.additionalProperties = false;
        delete jsonSchema.properties['plugin']; // filled in by the program
      }
      // Names that modules of others register can be any; the program knows them when it has loaded the modules.
      if (jsonSchema.enum?.includes(byPlugin)) {
        const { enum: names, ...rest } = jsonSchema;
        for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key];
        const known = names?.filter((name) => name !== byPlugin) ?? [];
        const { default: standard, description, ...others } = rest;
        Object.assign(jsonSchema, {
          ...(standard === undefined ? {} : { default: standard }),
          ...(description === undefined ? {} : { description }),
          anyOf: [...(known.length > 0 ? [{ ...others, enum: known }] : []), { type: 'string' }],
        });
      }
    },
  });
}

const opening = `# Configuration

A recipe is a YAML file that changes some of these settings; \`--set learn.seeds=8\` changes one more for one run, and
comes last. Unknown keys are errors that name the nearest key. The resolved configuration of a run is saved as
\`config.yaml\` in its folder. \`docs/recipe.schema.json\` gives editors completion: write
\`# yaml-language-server: $schema=<path>/docs/recipe.schema.json\` into a recipe's first line.

This page is made from the schemas by \`npm run docs\`; change a description there.
`;

/** The whole page as Markdown. */
export function configurationPage(): string {
  const properties = (editorSchema() as Schema).properties ?? {};
  const required = (editorSchema() as Schema).required ?? [];
  const top = Object.entries(properties).filter(([, schema]) => schema.properties === undefined);
  const sections = Object.entries(properties)
    .filter(([, schema]) => schema.properties !== undefined)
    .map(([name, schema]) => {
      const summary = stages.find((stage) => stage.name === name)?.summary ?? otherSections[name] ?? '';
      return `\n## ${name}\n${summary[0]?.toUpperCase()}${summary.slice(1)}.\n\n${table(rows(name, schema))}`;
    });
  return (
    `${opening}\n${table(top.map(([name, schema]) => row(name, schema, required.includes(name))))}` + sections.join('')
  );
}

const otherSections: Readonly<Record<string, string>> = {
  compute: 'how much arithmetic runs where; changes no result but its last digits',
  rights:
    'whose sound and text it is, and under which terms, for the card of the model; `asr check` warns where it is empty',
  executor: 'who makes the independent pieces of audio, features and learn; changes no result',
};

function table(lines: readonly string[]): string {
  return `| setting | default | allowed | what it is |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

/** One line a setting, sections inside sections by their full names. */
function rows(path: string, schema: Schema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const full = `${path}.${name}`;
    return inner.properties === undefined
      ? [row(full, inner, schema.required?.includes(name) === true)]
      : rows(full, inner);
  });
}

function row(path: string, schema: Schema, required: boolean): string {
  const standard =
    schema.default === undefined ? (required ? 'required' : 'none') : `\`${JSON.stringify(schema.default)}\``;
  return `| \`${path}\` | ${standard} | ${escapeBars(allowed(schema))} | ${escapeBars(schema.description ?? '')} |`;
}

const escapeBars = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function allowed(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(allowed).join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  return [words[schema.type ?? ''] ?? schema.type ?? 'any', ...bounds(schema)].join(' ');
}

const words: Readonly<Record<string, string>> = {
  integer: 'whole number',
  number: 'number',
  string: 'text',
  boolean: 'true, false',
  array: 'list',
  object: 'mapping',
};

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string[] {
  const given = (sign: string, value: number | undefined): string[] =>
    value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? [] : [`${sign} ${value}`];
  return [
    ...given('≥', minimum),
    ...given('>', exclusiveMinimum),
    ...given('≤', maximum),
    ...given('<', exclusiveMaximum),
  ];
}
