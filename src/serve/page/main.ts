// The page of `asr serve`: a recording, from a file or the microphone, goes to the server; what comes back is shown
// under its picture, to be heard, corrected and saved.
import { Editor } from './editor.js';
import { element } from './elements.js';
import { listen } from './microphone.js';
import { Refused } from './refused.js';
import { modelCard, modelNames, setToken, transcribe } from './server.js';

const models = element('model', HTMLSelectElement);
const drop = element('drop', HTMLElement);
const speak = element('speak', HTMLButtonElement);
const heard = element('heard', HTMLElement);
const tokenForm = element('token', HTMLFormElement);

const tell = (text: string): void => {
  element('status', HTMLElement).textContent = text;
};
const complain = (error: unknown): void => {
  if (error instanceof Refused && error.status === 401) tokenForm.hidden = false;
  element('error', HTMLElement).textContent = error instanceof Error ? error.message : String(error);
  tell('');
};
/** One thing at a time; what goes wrong is said. */
const attempt = async (work: () => Promise<void>): Promise<void> => {
  element('error', HTMLElement).textContent = '';
  document.body.ariaBusy = 'true';
  try {
    await work();
  } catch (error) {
    complain(error);
  } finally {
    document.body.ariaBusy = 'false';
  }
};

const editor = new Editor({ onError: complain, onStatus: tell });

const loadModels = (): Promise<void> =>
  attempt(async () => {
    models.replaceChildren(...(await modelNames()).map((name) => new Option(name, name)));
    tokenForm.hidden = true;
  });

const open = (file: File): Promise<void> =>
  attempt(async () => {
    heard.replaceChildren();
    tell(`Listening to ${file.name} …`);
    await editor.show(file, await transcribe(file, models.value));
  });

element('file', HTMLInputElement).addEventListener('change', ({ currentTarget }) => {
  const input = currentTarget as HTMLInputElement;
  const [file] = input.files ?? [];
  if (file) void open(file);
  input.value = '';
});
for (const name of ['dragenter', 'dragover'] as const)
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
document.addEventListener('dragleave', () => {
  drop.classList.remove('over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  const [file] = event.dataTransfer?.files ?? [];
  if (file) void open(file);
});

let listening: Awaited<ReturnType<typeof listen>> | undefined;
speak.addEventListener('click', () => {
  speak.disabled = true;
  void attempt(async () => {
    if (listening) {
      const ended = listening;
      listening = undefined;
      tell('Finishing …');
      const { file, transcript } = await ended.stop();
      await editor.show(file, transcript);
    } else {
      heard.replaceChildren();
      listening = await listen(models.value, (final, partial) => {
        const open = document.createElement('span');
        open.className = 'partial';
        open.textContent = partial;
        heard.replaceChildren(`${final} `, open);
      });
      tell('Speak; what is heard appears below.');
    }
  }).finally(() => {
    speak.disabled = false;
    speak.ariaPressed = String(listening !== undefined);
    speak.textContent = listening ? 'Stop' : 'Speak';
  });
});

element('about', HTMLElement).addEventListener('click', () => {
  void attempt(async () => {
    const { title, phones, card } = await modelCard(models.value);
    element('card-title', HTMLElement).textContent = title;
    element('phones', HTMLElement).replaceChildren(
      ...phones.map((phone) => {
        const item = document.createElement('li');
        item.textContent = phone;
        return item;
      }),
    );
    element('card-text', HTMLElement).textContent = card;
    element('card', HTMLDialogElement).showModal();
  });
});
tokenForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const input = tokenForm.querySelector('input');
  if (input) setToken(input.value.trim());
  void loadModels();
});

await loadModels();
