// A run on the page while it goes on: its stages, curves, first transcripts and last words, drawn anew when they
// change.
import { element } from './elements.js';

export interface ShownRun {
  readonly running: boolean;
  readonly stages: readonly {
    readonly name: string;
    readonly summary: string;
    readonly state: 'waiting' | 'working' | 'done';
    readonly seconds?: number;
    readonly counts?: Readonly<Record<string, number>>;
  }[];
  readonly curves: readonly {
    readonly title: string;
    readonly x: string;
    readonly better: string;
    readonly series: readonly { readonly run: string; readonly points: readonly (readonly [number, number])[] }[];
  }[];
  readonly transcripts: readonly { readonly id: string; readonly text: string }[];
  readonly verdict?: string;
  readonly per?: number;
  readonly report: boolean;
  readonly log: readonly string[];
}

export interface ShownFinding {
  readonly level: 'ok' | 'warning' | 'problem';
  readonly about: string;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

const made = <K extends keyof HTMLElementTagNameMap>(name: K, text = '', className = ''): HTMLElementTagNameMap[K] => {
  const node = document.createElement(name);
  node.textContent = text;
  if (className !== '') node.className = className;
  return node;
};

/** What is as it was stays: a screen reader keeps its place in it, and nothing is said twice. */
function redraw(list: HTMLElement, items: readonly HTMLElement[]): void {
  items.forEach((item, i) => {
    const shown = list.children[i];
    if (!shown) list.append(item);
    else if (shown.outerHTML !== item.outerHTML) shown.replaceWith(item);
  });
  while (list.children.length > items.length) list.lastElementChild?.remove();
}

const doneIn = ({ stages }: ShownRun): number => stages.filter(({ state }) => state === 'done').length;

/** Where the run is, in a sentence. */
export function placeOf(view: ShownRun): string {
  const working = view.stages.find(({ state }) => state === 'working');
  return `${working ? `stage ${working.name}` : 'between two stages'}, ${doneIn(view)} of ${view.stages.length} done`;
}

export function showRun(view: ShownRun): void {
  const overall = element('overall', HTMLElement);
  overall.hidden = !view.running;
  const progress = overall.querySelector('progress');
  if (progress) [progress.max, progress.value] = [view.stages.length, doneIn(view)];
  redraw(element('stages', HTMLOListElement), view.stages.map(stageItem));
  redraw(element('curves', HTMLElement), view.curves.map(chart));
  const transcripts = element('transcripts', HTMLTableElement);
  transcripts.hidden = view.transcripts.length === 0;
  const [body] = transcripts.tBodies;
  if (body) redraw(body, view.transcripts.map(transcriptRow));
  const log = element('log', HTMLElement);
  log.hidden = view.log.length === 0;
  log.textContent = view.log.join('\n');
}

function transcriptRow({ id, text }: ShownRun['transcripts'][number]): HTMLElement {
  const row = made('tr');
  const said = made('td', text);
  said.lang = 'und';
  row.append(heading(id), said);
  return row;
}

function heading(text: string): HTMLElement {
  const cell = made('th', text);
  cell.scope = 'row';
  return cell;
}

function stageItem({ name, summary, state, seconds, counts }: ShownRun['stages'][number]): HTMLLIElement {
  const item = made('li', '', state);
  const facts = Object.entries(counts ?? {})
    .slice(0, 3)
    .map(
      ([what, count]) =>
        `${what} ${Number.isInteger(count) ? count : count < 10 ? count.toPrecision(2) : count.toFixed(1)}`,
    );
  const told = [
    { waiting: 'waits', working: 'in work', done: `done in ${(seconds ?? 0).toFixed(1)} s` }[state],
    ...facts,
  ];
  item.append(made('b', name), ` ${told.join(', ')} `, made('span', summary, 'soft'));
  if (state === 'working') item.ariaCurrent = 'step';
  return item;
}

const width = 360;
const height = 90;
const svg = 'http://www.w3.org/2000/svg';

/** Every run as a line over the same axes; what a picture tells a reader of screens stands in its name. */
function chart({ title, x, better, series }: ShownRun['curves'][number]): HTMLElement {
  const all = series.flatMap(({ points }) => points);
  const [left, right] = rangeOf(all.map(([at]) => at));
  const [low, high] = rangeOf(all.map(([, value]) => value));
  const figure = made('figure');
  const picture = document.createElementNS(svg, 'svg');
  picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', `${title}: from ${low.toPrecision(3)} to ${high.toPrecision(3)}`);
  for (const { run, points } of series) {
    const line = document.createElementNS(svg, 'polyline');
    const placed = points.map(([at, value]) => {
      const across = (width * (at - left)) / (right - left || 1);
      return `${across.toFixed(1)},${(height - 4 - ((height - 8) * (value - low)) / (high - low || 1)).toFixed(1)}`;
    });
    // One point alone would be no line.
    line.setAttribute(
      'points',
      (placed.length === 1 ? [`0,${height / 2}`, `${width},${height / 2}`] : placed).join(' '),
    );
    const name = document.createElementNS(svg, 'title');
    name.textContent = run;
    line.append(name);
    picture.append(line);
  }
  const note = better === '' ? '' : `, ${better} is better`;
  figure.append(
    picture,
    made('figcaption', `${title}${note}; ${low.toPrecision(3)} to ${high.toPrecision(3)}, by ${x}`),
  );
  return figure;
}

function rangeOf(values: readonly number[]): [number, number] {
  const [first = 0] = values;
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [first, first],
  );
}

export function showFinding({ level, about, what, why, todo }: ShownFinding): void {
  const table = element('findings', HTMLTableElement);
  table.hidden = false;
  const row = made('tr', '', level);
  const found = made('td', what);
  if (level !== 'ok') found.append(made('div', `${why} ${todo}`, 'soft'));
  row.append(made('td', level), heading(about), found);
  table.tBodies[0]?.append(row);
}

export function forgetFindings(): void {
  const table = element('findings', HTMLTableElement);
  table.hidden = true;
  table.tBodies[0]?.replaceChildren();
}
