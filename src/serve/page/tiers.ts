// Tiers of labels below the waveform, which move and stretch with it. Only what is in view is in the page; one label is
// reached by Tab, the others from it by arrow keys.
import type { Viewport } from './player.js';
import {
  labelsOf,
  tierNames,
  type Label,
  type LabelPosition,
  type TierName,
  type ShownTranscript,
} from './transcript.js';

export interface TierEvents {
  /** A label was chosen. */
  readonly onChoose: (position: LabelPosition, label: Label) => void;
  /** It is to be heard, or to be corrected. */
  readonly onPlay: (label: Label) => void;
  readonly onCorrect: () => void;
}

/** Below it a label is marked as unsure. */
const unsure = 0.5;
const titles: Record<TierName, string> = { utterances: 'utterances', words: 'words', phones: 'phones' };

export class Tiers {
  readonly #rows: { tier: TierName; strip: HTMLElement; labels: Label[] }[] = [];
  #view: Viewport = { scale: 0, scroll: 0, width: 0 };
  #chosen: LabelPosition | undefined;

  constructor(
    private readonly container: HTMLElement,
    private readonly events: TierEvents,
  ) {
    container.addEventListener('keydown', (event) => {
      if (this.#key(event.key)) event.preventDefault();
    });
  }

  show(transcript: ShownTranscript): void {
    this.#rows.length = 0;
    this.container.replaceChildren();
    for (const tier of tierNames) {
      const labels = labelsOf(transcript, tier);
      if (labels.length === 0) continue;
      const row = document.createElement('div');
      row.className = 'tier';
      const strip = document.createElement('div');
      strip.className = 'strip';
      strip.role = 'group';
      strip.ariaLabel = titles[tier];
      const what = document.createElement('span');
      what.className = 'what';
      what.textContent = titles[tier];
      row.append(strip, what);
      this.container.append(row);
      this.#rows.push({ tier, strip, labels });
    }
    if (!this.#chosen || !this.#labelAt(this.#chosen)) {
      const first = this.#rows[0];
      this.#chosen = first ? { tier: first.tier, index: 0 } : undefined;
    }
    this.draw(this.#view);
  }

  forget(): void {
    this.#chosen = undefined;
  }

  draw(view: Viewport): void {
    this.#view = view;
    const hadFocus = this.container.contains(document.activeElement);
    const from = view.scroll / view.scale - 1;
    const to = (view.scroll + view.width) / view.scale + 1;
    for (const { tier, strip, labels } of this.#rows) {
      const buttons: HTMLElement[] = [];
      labels.forEach((label, index) => {
        const isChosen = tier === this.#chosen?.tier && index === this.#chosen.index;
        if (view.scale > 0 && ((label.end >= from && label.start <= to) || isChosen))
          buttons.push(this.#button({ tier, index }, label, isChosen));
      });
      strip.replaceChildren(...buttons);
    }
    if (hadFocus) this.#current()?.focus({ preventScroll: true });
  }

  #button(position: LabelPosition, label: Label, isChosen: boolean): HTMLElement {
    const { scale, scroll } = this.#view;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label.text;
    button.tabIndex = isChosen ? 0 : -1;
    if (isChosen) button.ariaCurrent = 'true';
    const sure = label.confidence === undefined ? '' : `, ${Math.round(100 * label.confidence)} % sure`;
    button.title = `${label.text}: ${label.start.toFixed(2)} to ${label.end.toFixed(2)} s${sure}`;
    button.classList.toggle('unsure', label.confidence !== undefined && label.confidence < unsure);
    button.style.left = `${label.start * scale - scroll}px`;
    button.style.width = `${Math.max(2, (label.end - label.start) * scale - 1)}px`;
    button.addEventListener('click', () => {
      this.choose(position);
    });
    button.addEventListener('dblclick', () => {
      this.events.onCorrect();
    });
    return button;
  }

  choose(position: LabelPosition): void {
    const label = this.#labelAt(position);
    if (!label) return;
    this.#chosen = position;
    this.events.onChoose(position, label);
    this.draw(this.#view);
    this.#current()?.focus({ preventScroll: true });
  }

  #current(): HTMLElement | null {
    return this.container.querySelector('button[aria-current=true]');
  }

  #labelAt({ tier, index }: LabelPosition): Label | undefined {
    return this.#rows.find((row) => row.tier === tier)?.labels[index];
  }

  #key(key: string): boolean {
    const position = this.#chosen;
    const label = position && this.#labelAt(position);
    if (!label) return false;
    if (key === 'ArrowLeft' || key === 'ArrowRight')
      this.choose({ tier: position.tier, index: position.index + (key === 'ArrowLeft' ? -1 : 1) });
    else if (key === 'ArrowUp' || key === 'ArrowDown') this.#cross(label, position, key === 'ArrowUp' ? -1 : 1);
    else if (key === 'Home' || key === 'End') {
      const row = this.#rows.find(({ tier }) => tier === position.tier);
      this.choose({ tier: position.tier, index: key === 'Home' ? 0 : (row?.labels.length ?? 1) - 1 });
    } else if (key === ' ') this.events.onPlay(label);
    else if (key === 'Enter' || key === 'F2') this.events.onCorrect();
    else return false;
    return true;
  }

  /** To the label of the next tier that lies at the same time. */
  #cross(label: Label, position: LabelPosition, step: number): void {
    const row = this.#rows[this.#rows.findIndex(({ tier }) => tier === position.tier) + step];
    if (!row) return;
    const index = row.labels.findIndex(({ end }) => end > label.start);
    if (index >= 0) this.choose({ tier: row.tier, index });
  }
}
