// Tables and charts as markup: every chart stands beside the numbers it draws, for those who do not see it.
import { html, type Html, type HtmlValue } from '../html.js';

export interface Column {
  readonly name: string;
  /** Set flush right. */
  readonly number?: boolean;
}

/** First cells are row headers. @param caption said to screen readers, not shown */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly { readonly cells: readonly HtmlValue[]; readonly kind?: string }[],
): Html {
  const align = (i: number): HtmlValue => columns[i]?.number === true && html` class="number"`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table${
    columns.length > 4 && html` class="wide"`
  }><caption class="unseen">${caption}</caption>
<thead><tr>${columns.map(({ name }, i) => html`<th scope="col" ${align(i)}>${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ cells, kind }) => html`<tr${kind !== undefined && html` class="${kind}"`}>${cells.map((cell, i) =>
      i === 0 ? html`<th scope="row" ${align(i)}>${cell}</th>` : html`<td${align(i)}>${cell}</td>`,
    )}</tr>
`,
  )}</tbody></table></div>`;
}

/**
 * A chart that the page's script draws into the canvas, with its numbers folded below.
 * @param id names its data. @param says what can be seen, in a sentence
 */
export function chart(
  id: string,
  title: string,
  says: string,
  numbers: Html,
  options: { readonly rows?: number; readonly wide?: number; readonly key?: Html; readonly of?: string } = {},
): Html {
  const height = options.rows === undefined ? 17 : 4 + 1.5 * options.rows;
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    ${options.key}
    <div
      class="scroll"
      role="region"
      tabindex="0"
      aria-label="${options.of === undefined ? title : `${title}, ${options.of}`}"
    >
      <div class="plot" style="height:${height}rem${options.wide !== undefined && html`;min-width:${options.wide}rem`}">
        <canvas id="${id}" role="img" aria-label="${says}">${says}</canvas>
      </div>
    </div>
    <details>
      <summary>The numbers</summary>
      ${numbers}
    </details>
  </figure>`;
}
