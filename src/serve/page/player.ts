// Waveform and spectrogram of a recording: plays, zooms, and shows the stretch that is chosen.
import RegionsPlugin from '/assets/regions.js';
import SpectrogramPlugin from '/assets/spectrogram.js';
import WaveSurfer from '/assets/wavesurfer.js';

export interface Viewport {
  /** Pixels of a second, and of what is scrolled out on the left. */
  readonly scale: number;
  readonly scroll: number;
  readonly width: number;
}

/** Longer recordings get no spectrogram: it would take more memory than a tab has. */
const longestSpectrogram = 1200;
const leastScale = 1;
const mostScale = 1500;

export class Player {
  readonly #wave: WaveSurfer;
  readonly #regions: ReturnType<typeof RegionsPlugin.create>;
  #scale = 0;
  #until: number | undefined;

  /** @param onView told when what is to be seen has moved, onTime where it plays */
  constructor(container: HTMLElement, onView: () => void, onTime: (seconds: number, playing: boolean) => void) {
    const nonce = document.querySelector('meta[name=style-nonce]')?.getAttribute('content') ?? '';
    const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    this.#wave = WaveSurfer.create({
      container,
      height: 96,
      sampleRate: 16_000,
      waveColor: colour('--soft'),
      progressColor: colour('--accent'),
      cursorColor: colour('--bad'),
      cspNonce: nonce,
    });
    this.#regions = this.#wave.registerPlugin(RegionsPlugin.create());
    for (const event of ['scroll', 'zoom', 'redraw', 'resize', 'ready'] as const) this.#wave.on(event, onView);
    this.#wave.on('timeupdate', (seconds) => {
      if (this.#until !== undefined && seconds >= this.#until) {
        this.#until = undefined;
        this.#wave.pause();
      }
      onTime(seconds, this.#wave.isPlaying());
    });
    for (const event of ['play', 'pause'] as const)
      this.#wave.on(event, () => {
        onTime(this.#wave.getCurrentTime(), this.#wave.isPlaying());
      });
  }

  /** @returns false where the browser cannot play it */
  async load(sound: Blob, seconds: number): Promise<boolean> {
    this.#regions.clearRegions();
    this.#scale = 0;
    try {
      await this.#wave.loadBlob(sound);
    } catch {
      // An empty picture of the right length, so that labels have a place.
      await this.#wave.load('', [new Float32Array(1000)], Math.max(seconds, 0.01)).catch(() => undefined);
      return false;
    }
    this.#showSpectrogram(seconds);
    // Whole and from its beginning, however the one before was looked at.
    this.#wave.zoom(0);
    this.#wave.setTime(0);
    this.#wave.setScroll(0);
    return true;
  }

  #showSpectrogram(seconds: number): void {
    for (const plugin of this.#wave.getActivePlugins())
      if (plugin instanceof SpectrogramPlugin) this.#wave.unregisterPlugin(plugin);
    if (seconds > longestSpectrogram) return;
    this.#wave.registerPlugin(
      SpectrogramPlugin.create({ height: 128, fftSamples: 512, frequencyMax: 8000, labels: false, scale: 'mel' }),
    );
  }

  get view(): Viewport {
    const width = this.#wave.getWidth();
    const seconds = this.#wave.getDuration();
    const whole = this.#wave.getWrapper().clientWidth;
    return { scale: seconds > 0 ? whole / seconds : 0, scroll: this.#wave.getScroll(), width };
  }

  zoom(factor: number): void {
    const now = this.view.scale;
    this.#scale = Math.min(mostScale, Math.max(leastScale, now * factor));
    this.#wave.zoom(this.#scale);
  }

  /** Marks a stretch and brings it into view. */
  choose(start: number, end: number): void {
    this.#regions.clearRegions();
    this.#regions.addRegion({ start, end, drag: false, resize: false, color: 'rgb(31 111 139 / 0.25)' });
    const { scale, scroll, width } = this.view;
    if (start * scale < scroll || end * scale > scroll + width)
      this.#wave.setScroll(Math.max(0, start * scale - width / 4));
    if (!this.#wave.isPlaying()) this.#wave.setTime(start);
  }

  play(start?: number, end?: number): void {
    this.#until = end;
    if (start === undefined) void this.#wave.playPause().catch(() => undefined);
    else {
      this.#wave.setTime(start);
      void this.#wave.play().catch(() => undefined);
    }
  }
}
