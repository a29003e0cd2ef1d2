// A whole page: one file that needs nothing else, neither a server nor a network.
import { Html, html, inlineJson } from './html.js';

/** Source texts that go into the page. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
  /** Chart.js, as a script that sets `Chart`. */
  readonly charts: string;
}

export interface PageParts {
  readonly title: string;
  readonly heading: string;
  /** Above the heading: what kind of page it is. */
  readonly kicker: string;
  /** Before the first section. */
  readonly lead: Html;
  /** Each with an id that the navigation leads to. */
  readonly sections: readonly { readonly id: string; readonly title: string; readonly body: Html }[];
  /** What wrote it. */
  readonly program: string;
  /** JSON for the scripts, as `report.data`. */
  readonly data: object;
}

// Everything is in the page itself; nothing is loaded from elsewhere.
const securityPolicy = new Html(
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; media-src data:; img-src data:",
);

export function renderDocument(
  { title, heading, kicker, lead, sections, program, data }: PageParts,
  assets: PageAssets,
): string {
  // A script that holds "</script" would end early; none of ours does, a new version might.
  const script = (source: string): Html => new Html(`<script>${source.replace(/<\/script/giu, '<\\/script')}</script>`);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="${securityPolicy}" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(assets.style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the results</a>
        <header>
          <p class="kicker">${kicker}</p>
          <h1>${heading}</h1>
        </header>
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}
          </ul>
        </nav>
        <main id="main">
          ${lead}
          ${sections.map(
            ({ id, title: name, body }) =>
              html`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${name}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <footer><p>Written by ${program}. This file loads nothing from anywhere.</p></footer>
        <script type="application/json" id="report-data">
          ${inlineJson(data)}
        </script>
        ${script(assets.charts)} ${script(assets.script)}
      </body>
    </html> `.text;
}
