// Draws the sounds of the report: waveform and spectrogram from the very sound that is played, with segments and
// phones. Plain script: inlined as it stands, behind page.js.
(() => {
  const { data, colour } = report;

  /** Samples in [-1, 1] of a 16-bit mono wav file in a data URI; the header is 44 bytes. */
  function samplesOf(uri) {
    const bytes = Uint8Array.from(atob(uri.slice(uri.indexOf(',') + 1)), (c) => c.charCodeAt(0));
    return Float32Array.from(new Int16Array(bytes.buffer, 44, (bytes.length - 44) >> 1), (x) => x / 32768);
  }

  const size = 512;
  const window_ = Float32Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const twiddles = Array.from({ length: size / 2 }, (_, k) => [
    Math.cos((2 * Math.PI * k) / size),
    -Math.sin((2 * Math.PI * k) / size),
  ]);

  /** Radix-2 FFT (Cooley and Tukey, 1965) in place. */
  function fft(re, im) {
    for (let i = 1, j = 0; i < size; i++) {
      let bit = size >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < size; half *= 2) {
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const [c, s] = twiddles[(k * size) / (2 * half)];
          const a = start + k,
            b = a + half;
          const r = re[b] * c - im[b] * s,
            i = re[b] * s + im[b] * c;
          re[b] = re[a] - r;
          im[b] = im[a] - i;
          re[a] += r;
          im[a] += i;
        }
      }
    }
  }

  /** Decibels, [columns, size / 2], one column every `hop` samples. */
  function spectrogram(samples, hop) {
    const columns = Math.max(1, Math.ceil(samples.length / hop));
    const out = new Float32Array((columns * size) / 2);
    for (let t = 0; t < columns; t++) {
      const re = new Float32Array(size),
        im = new Float32Array(size),
        from = t * hop - size / 2;
      for (let i = 0; i < size; i++) re[i] = (samples[from + i] ?? 0) * window_[i];
      fft(re, im);
      for (let f = 0; f < size / 2; f++) out[(t * size) / 2 + f] = 10 * Math.log10(re[f] ** 2 + im[f] ** 2 + 1e-9);
    }
    return { columns, values: out };
  }

  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

  /** The loudest 65 dB from paper to ink, up to 8 kHz. */
  function spectrogramImage({ columns, values }) {
    const height = size / 2;
    const image = document.createElement('canvas');
    image.width = columns;
    image.height = height;
    const pen = image.getContext('2d');
    const pixels = pen.createImageData(columns, height);
    const top = values.reduce((a, b) => Math.max(a, b), -90);
    const paper = rgb(colour('card')),
      ink = rgb(colour('ink'));
    for (let t = 0; t < columns; t++) {
      for (let f = 0; f < height; f++) {
        const level = Math.min(1, Math.max(0, 1 + (values[t * height + f] - top) / 65)) ** 1.5;
        const at = 4 * ((height - 1 - f) * columns + t);
        for (let c = 0; c < 3; c++) pixels.data[at + c] = paper[c] + level * (ink[c] - paper[c]);
        pixels.data[at + 3] = 255;
      }
    }
    pen.putImageData(pixels, 0, 0);
    return image;
  }

  /** Kilohertz inside the spectrogram's left edge, seconds below the phones. */
  function drawAxes(pen, { width, top, bottom, base, x }) {
    pen.save();
    pen.font = `11px ${Chart.defaults.font.family}`;
    pen.textAlign = 'left';
    for (const kilohertz of [2, 4, 6]) {
      const y = bottom - ((bottom - top) * kilohertz) / 8;
      pen.fillStyle = colour('soft');
      pen.fillRect(0, y, 5, 1);
      pen.strokeStyle = colour('card');
      pen.lineWidth = 3;
      pen.strokeText(`${kilohertz} kHz`, 8, y);
      pen.fillText(`${kilohertz} kHz`, 8, y);
    }
    pen.fillStyle = colour('soft');
    pen.textAlign = 'center';
    pen.textBaseline = 'bottom';
    const step = [0.2, 0.5, 1, 2, 5, 10, 30, 60].find((length) => x(length) > 48) ?? 60;
    for (let time = step; x(time) < width - 16; time += step) {
      pen.fillRect(x(time), bottom, 1, 4);
      pen.fillText(`${Number(time.toFixed(1))} s`, x(time), base);
    }
    pen.restore();
  }

  function drawSound(canvas, samples, spectrum, { seconds, speech, boundaries, phones }) {
    const { width, height } = canvas.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);
    const x = (time) => (time / seconds) * width;
    const label = 52,
      wave = 56,
      spectrumTop = wave + 4,
      bottom = height - label;
    pen.fillStyle = colour('card');
    pen.fillRect(0, 0, width, bottom);
    pen.drawImage(spectrogramImage(spectrum), 0, spectrumTop, width, bottom - spectrumTop);
    pen.fillStyle = colour('accent');
    const peak = samples.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-4);
    for (let column = 0; column < width; column++) {
      const from = Math.floor((column / width) * samples.length),
        to = Math.max(from + 1, Math.floor(((column + 1) / width) * samples.length));
      let low = 0,
        high = 0;
      for (let i = from; i < to; i++) {
        low = Math.min(low, samples[i]);
        high = Math.max(high, samples[i]);
      }
      const middle = wave / 2,
        half = (wave / 2 - 2) / peak;
      pen.fillRect(column, middle - high * half, 1, Math.max(1, (high - low) * half));
    }
    pen.fillStyle = colour('pause');
    speech.forEach(([, end], i) => {
      const next = speech[i + 1];
      if (next) pen.fillRect(x(end), 0, x(next[0] - end), bottom);
    });
    pen.strokeStyle = colour('bad');
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1;
    for (const time of boundaries) {
      pen.beginPath();
      pen.moveTo(x(time), spectrumTop);
      pen.lineTo(x(time), bottom);
      pen.stroke();
    }
    pen.globalAlpha = 1;
    pen.fillStyle = colour('ink');
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.font = `13px ${Chart.defaults.font.family}`;
    drawAxes(pen, { width, top: spectrumTop, bottom, base: height - 2, x });
    // Long names that would touch stand in a second row.
    const taken = [-Infinity, -Infinity];
    for (const { phone, start, end } of phones) {
      const half = pen.measureText(phone).width / 2;
      const middle = Math.min(width - half, Math.max(half, x((start + end) / 2)));
      const row = middle - half > taken[0] ? 0 : 1;
      taken[row] = middle + half + 2;
      pen.fillText(phone, middle, bottom + 10 + 16 * row);
    }
  }

  data.sounds.forEach((sound, i) => {
    const canvas = document.getElementById(`sound-${i}`),
      audio = document.getElementById(`audio-${i}`);
    const playhead = canvas.parentElement.querySelector('.playhead');
    let samples, spectrum;
    const draw = () => {
      samples ??= samplesOf(audio.src);
      spectrum ??= spectrogram(samples, 80);
      drawSound(canvas, samples, spectrum, sound);
    };
    // Many sounds: each is drawn when it comes into view, and again when its width changes.
    let seen = false;
    new IntersectionObserver(
      ([entry], observer) => {
        if (!entry.isIntersecting) return;
        observer.disconnect();
        seen = true;
        report.keepDrawn(draw);
      },
      { rootMargin: '600px' },
    ).observe(canvas);
    new ResizeObserver(() => {
      if (seen) draw();
    }).observe(canvas);
    const follow = () => {
      playhead.style.left = `${(100 * audio.currentTime) / sound.seconds}%`;
      if (audio.currentTime >= until) {
        audio.pause();
        until = Infinity;
      }
      if (!audio.paused) requestAnimationFrame(follow);
    };
    // A click on a phone plays it, elsewhere from there on.
    let until = Infinity;
    canvas.addEventListener('click', (event) => {
      const { left, width } = canvas.getBoundingClientRect();
      const time = ((event.clientX - left) / width) * sound.seconds;
      const phone = sound.phones.find(({ start, end }) => time >= start && time < end);
      until = phone ? phone.end : Infinity;
      audio.currentTime = phone ? phone.start : time;
      void audio.play();
    });
    addEventListener('beforeprint', () => {
      seen = true;
      draw();
    });
    audio.addEventListener('play', () => {
      playhead.hidden = false;
      follow();
    });
    audio.addEventListener('seeked', follow);
    audio.addEventListener('ended', () => {
      playhead.hidden = true;
    });
  });
})();
