// A recording with its transcript: what is chosen is heard and corrected, and what was corrected can be undone.
import { download } from './downloads.js';
import { element } from './elements.js';
import { Player } from './player.js';
import { Tiers } from './tiers.js';
import { corrected, type Label, type LabelPosition, type ShownTranscript } from './transcript.js';

export interface EditorEvents {
  readonly onError: (error: unknown) => void;
  readonly onStatus: (text: string) => void;
}

export class Editor {
  readonly #player: Player;
  readonly #tiers: Tiers;
  readonly #label = element('label', HTMLInputElement);
  readonly #undo = element('undo', HTMLButtonElement);
  #states: ShownTranscript[] = [];
  #chosen: { position: LabelPosition; label: Label } | undefined;
  #drawing = false;

  constructor(private readonly events: EditorEvents) {
    const time = element('time', HTMLOutputElement);
    const play = element('play', HTMLButtonElement);
    this.#tiers = new Tiers(element('tiers', HTMLElement), {
      onChoose: (position, label) => {
        this.#choose(position, label);
      },
      onPlay: ({ start, end }) => {
        this.#player.play(start, end);
      },
      onCorrect: () => {
        this.#label.focus();
        this.#label.select();
      },
    });
    this.#player = new Player(
      element('wave', HTMLElement),
      () => {
        this.#draw();
      },
      (seconds, playing) => {
        time.value = `${seconds.toFixed(2)} s`;
        play.textContent = playing ? 'Pause' : 'Play';
      },
    );
    // The player tells of a new width only a while after it.
    new ResizeObserver(() => {
      this.#draw();
    }).observe(element('wave', HTMLElement));
    this.#listen(play);
  }

  #listen(play: HTMLButtonElement): void {
    const on = (button: HTMLElement, act: () => void): void => {
      button.addEventListener('click', act);
    };
    on(play, () => {
      this.#player.play();
    });
    on(element('play-selected', HTMLElement), () => {
      if (this.#chosen) this.#player.play(this.#chosen.label.start, this.#chosen.label.end);
    });
    on(element('zoom-in', HTMLElement), () => {
      this.#player.zoom(2);
    });
    on(element('zoom-out', HTMLElement), () => {
      this.#player.zoom(0.5);
    });
    on(this.#undo, () => {
      this.#states.pop();
      this.#changed('Undone.');
      if (this.#chosen) this.#tiers.choose(this.#chosen.position);
    });
    element('correct', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#correct();
    });
    this.#label.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && this.#chosen) this.#tiers.choose(this.#chosen.position);
    });
    for (const button of document.querySelectorAll<HTMLElement>('[data-format]'))
      on(button, () => {
        const transcript = this.#states.at(-1);
        if (transcript) download(transcript, button.dataset['format'] ?? 'json').catch(this.events.onError);
      });
  }

  async show(sound: Blob, transcript: ShownTranscript): Promise<void> {
    element('editor', HTMLElement).hidden = false;
    element('name', HTMLElement).textContent = transcript.file;
    this.#states = [transcript];
    this.#chosen = undefined;
    this.#tiers.forget();
    this.#label.value = '';
    element('chosen', HTMLElement).textContent = 'Label';
    this.#label.disabled = element('apply', HTMLButtonElement).disabled = true;
    const plays = await this.#player.load(sound, transcript.seconds);
    this.#changed(
      plays ? `${transcript.seconds.toFixed(1)} s were heard.` : 'Transcribed; this browser cannot play the file.',
    );
    if (transcript.warning !== undefined) this.events.onStatus(`Beware: ${transcript.warning}`);
  }

  #changed(status: string): void {
    const transcript = this.#states.at(-1);
    this.#undo.disabled = this.#states.length < 2;
    if (transcript) this.#tiers.show(transcript);
    this.#draw();
    this.events.onStatus(status);
  }

  #choose(position: LabelPosition, label: Label): void {
    this.#chosen = { position, label };
    this.#label.disabled = element('apply', HTMLButtonElement).disabled = false;
    this.#label.value = label.text;
    element('chosen', HTMLElement).textContent =
      `${position.tier.replace(/s$/u, '')}, ${label.start.toFixed(2)} to ${label.end.toFixed(2)} s`;
    this.#player.choose(label.start, label.end);
  }

  #correct(): void {
    const transcript = this.#states.at(-1);
    const text = this.#label.value.trim();
    if (!transcript || !this.#chosen || text === '') return;
    const { position } = this.#chosen;
    if (text !== this.#chosen.label.text) {
      this.#states.push(corrected(transcript, position, text));
      this.#changed(`Corrected to ${text}.`);
    }
    this.#tiers.choose(position);
  }

  /** Once a picture: scrolling tells more often. */
  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#tiers.draw(this.#player.view);
    });
  }
}
