// The page on which people learn a model: sound and text become a recipe, the recipe is checked and run, and what
// goes on is seen. Everything it does is a command of the program, which it shows.
import { element } from './elements.js';
import { forgetFindings, placeOf, showFinding, showRun, type ShownFinding, type ShownRun } from './progress.js';
import { Refused } from './refused.js';
import { ask, setToken } from './server.js';

const recipes = element('recipes', HTMLSelectElement);
const wish = element('wish', HTMLFormElement);
const tokenForm = element('token', HTMLFormElement);
const buttons = {
  check: element('check', HTMLButtonElement),
  run: element('run', HTMLButtonElement),
  stop: element('stop', HTMLButtonElement),
  report: element('report', HTMLButtonElement),
};
const commands: string[] = [];
/** The recipe that is shown, and what ends the watching of it. */
let current = '';
let watching = new AbortController();
let view: ShownRun | undefined;

/** What is said already is not said again. */
const tell = (text: string): void => {
  const status = element('status', HTMLElement);
  if (status.textContent !== text) status.textContent = text;
};
const complain = (error: unknown): void => {
  if (error instanceof Refused && error.status === 401) tokenForm.hidden = false;
  element('error', HTMLElement).textContent = error instanceof Error ? error.message : String(error);
  tell('');
};
async function attempt(work: () => Promise<void>): Promise<void> {
  element('error', HTMLElement).textContent = '';
  try {
    await work();
  } catch (error) {
    complain(error);
  }
}

/** The address that was printed carries the token where no server sees it; it does not stay in the history. */
const handed = new URLSearchParams(location.hash.slice(1)).get('token');
if (handed !== null) {
  setToken(handed);
  history.replaceState(null, '', location.pathname);
}

const post = (path: string, body: object = {}): Promise<Response> =>
  ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
const own = (what: string): string => `/asr/learn/${encodeURIComponent(current)}/${what}`;

/** Server-sent events, read by fetch, since an EventSource sends no token. */
async function* events(path: string, signal: AbortSignal): AsyncGenerator<Record<string, unknown>> {
  const { body } = await ask(path, { signal });
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.startsWith('data: ')) yield JSON.parse(part.slice(6)) as Record<string, unknown>;
  }
}

function command(text: string): void {
  if (commands.at(-1) !== text) commands.push(text);
  element('commands', HTMLElement).textContent = commands.join('\n');
}

async function loadRecipes(chosen = ''): Promise<void> {
  const { folder, runs } = (await (await ask('/asr/learn')).json()) as {
    folder: string;
    runs: readonly { name: string; running: boolean }[];
  };
  tokenForm.hidden = true;
  element('folder', HTMLElement).textContent = folder;
  recipes.replaceChildren(
    new Option('a new one', ''),
    ...runs.map(({ name, running }) => new Option(running ? `${name} (runs)` : name, name)),
  );
  recipes.value = chosen === '' ? (runs.find(({ running }) => running)?.name ?? '') : chosen;
  show(recipes.value);
}

function show(name: string): void {
  watching.abort();
  watching = new AbortController();
  current = name;
  view = undefined;
  wish.hidden = name !== '';
  element('recipe', HTMLElement).hidden = name === '';
  if (name === '') return;
  element('name', HTMLElement).textContent = name;
  forgetFindings();
  void attempt(() => watch(watching.signal));
}

async function watch(signal: AbortSignal): Promise<void> {
  try {
    for await (const event of events(own('events'), signal)) {
      if (signal.aborted) return;
      if (typeof event['command'] === 'string' && view?.running === true) command(event['command']);
      if (event['view'] === undefined) continue;
      const before = view;
      view = event['view'] as ShownRun;
      showRun(view);
      offer(view);
      if (before?.running === true && !view.running) tell(ended(view));
      else if (view.running) tell(`${current} is being learned: ${placeOf(view)}.`);
    }
    if (!signal.aborted) complain('The server has ended. `asr new --page` in the same folder shows the run again.');
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A button that ends under the fingers of its user hands the focus on, which would be lost. */
function offer({ running, report }: ShownRun): void {
  const held = document.activeElement;
  buttons.run.disabled = running;
  buttons.stop.disabled = !running;
  buttons.report.disabled = !report;
  if (held instanceof HTMLButtonElement && held.disabled)
    (running ? buttons.stop : report ? buttons.report : buttons.run).focus();
}

/** The field of which the program complains: it names what stands there, or the field. */
function mark(message: string): void {
  let first: HTMLElement | undefined;
  for (const field of wish.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')) {
    const wrong = [field.value, field.name].some((name) => name !== '' && ` ${message}`.includes(` ${name}:`));
    field.ariaInvalid = wrong ? 'true' : null;
    if (wrong) first ??= field;
  }
  first?.focus();
}

function ended({ report, verdict, per, stages }: ShownRun): string {
  if (!report)
    return `Stopped after ${stages.filter(({ state }) => state === 'done').length} stages; starting again goes on.`;
  const rate = per === undefined ? '' : ` Phone error rate ${(100 * per).toFixed(1)} %.`;
  return `Finished.${rate}${verdict === undefined ? '' : ` ${verdict}.`}`;
}

wish.addEventListener('submit', (event) => {
  event.preventDefault();
  mark('');
  void attempt(async () => {
    const filled = [...new FormData(wish)].filter(([, value]) => value !== '');
    const answer = await post('/asr/learn', Object.fromEntries(filled)).catch((error: unknown) => {
      if (error instanceof Refused) mark(error.message);
      throw error;
    });
    const made = (await answer.json()) as { name: string; command: string; findings: readonly string[] };
    commands.length = 0;
    await loadRecipes(made.name);
    command(made.command);
    for (const what of made.findings) showFinding({ level: 'ok', about: 'folder', what, why: '', todo: '' });
    tell('The recipe is written. Check it before the night is spent.');
    buttons.check.focus();
  });
});
buttons.check.addEventListener('click', () => {
  // Not disabled, since it would lose the focus.
  if (buttons.check.ariaDisabled === 'true') return;
  buttons.check.ariaDisabled = 'true';
  void attempt(async () => {
    forgetFindings();
    tell('Checking …');
    for await (const event of events(own('check'), watching.signal)) {
      if (typeof event['command'] === 'string') command(event['command']);
      if (event['finding'] !== undefined) showFinding(event['finding'] as ShownFinding);
      if (typeof event['message'] === 'string') throw new Error(event['message']);
      if (event['code'] === 0) tell('Checked: nothing stands in the way.');
      if (event['code'] === 3) tell('Checked: mend the problems first.');
    }
  }).finally(() => {
    buttons.check.ariaDisabled = null;
  });
});
buttons.run.addEventListener('click', () => {
  void attempt(async () => {
    const { command: typed } = (await (await post(own('run'))).json()) as { command: string };
    command(typed);
    tell(`${current} is being learned.`);
  });
});
buttons.stop.addEventListener('click', () => {
  void attempt(async () => {
    await post(own('stop'));
    tell('Stopping at the next safe place …');
  });
});
buttons.report.addEventListener('click', () => {
  void attempt(async () => {
    const { address } = (await (await post(own('report'))).json()) as { address: string };
    window.open(address, '_blank', 'noopener');
  });
});
const phonemizer = element('phonemizer', HTMLSelectElement);
phonemizer.addEventListener('change', () => {
  element('lexicon', HTMLInputElement).required = phonemizer.value === 'lexicon';
});
recipes.addEventListener('change', () => {
  commands.length = 0;
  element('commands', HTMLElement).textContent = '';
  show(recipes.value);
});
tokenForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const input = tokenForm.querySelector('input');
  if (input) setToken(input.value.trim());
  void attempt(() => loadRecipes());
});

await attempt(() => loadRecipes());
