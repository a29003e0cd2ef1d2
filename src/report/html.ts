// Markup with everything escaped that does not come from a template: what a corpus calls its files must never
// become part of the page.

/** Finished markup, which is not escaped again. */
export class Html {
  constructor(readonly text: string) {}
}

/** Nothing is written for undefined and false. */
export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/** Text as it may stand between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return text
    .replace(/&/gu, '&amp;')
    .replace(/</gu, '&lt;')
    .replace(/>/gu, '&gt;')
    .replace(/"/gu, '&quot;')
    .replace(/'/gu, '&#39;');
}

export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] as string;
  for (const [i, value] of values.entries()) text += markup(value) + (parts[i + 1] as string);
  return new Html(text);
}

function markup(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return value.map(markup).join('');
}

/** JSON inside a script element: no tag in it may end the element. */
export function inlineJson(value: unknown): Html {
  return new Html(
    JSON.stringify(value)
      .replace(/</gu, '\\u003c')
      .replace(/\u2028/gu, '\\u2028')
      .replace(/\u2029/gu, '\\u2029'),
  );
}
