// What the scripts of a page share: its data, its colours, charts that are drawn again when those change. Plain script:
// inlined as it stands, before the others.
'use strict';
const report = {
  data: JSON.parse(document.getElementById('report-data').textContent),
  colour: (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(),
  drawings: [],
  /** Draws now, and again when the colours change. */
  keepDrawn(draw) {
    this.drawings.push(draw);
    draw();
  },
};
// On paper nothing is folded away.
addEventListener('beforeprint', () => {
  for (const fold of document.querySelectorAll('details:not([open])')) {
    fold.open = true;
    addEventListener('afterprint', () => (fold.open = false), { once: true });
  }
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => report.drawings.forEach((draw) => draw()));

(() => {
  const { colour } = report;

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.plugins.legend.display = false;

  /** @param {string} id of the canvas. @param {() => object} configure is asked anew for each drawing */
  function chart(id, configure) {
    const canvas = document.getElementById(id);
    if (!canvas) return;
    let drawn;
    report.keepDrawn(() => {
      drawn?.destroy();
      Chart.defaults.color = colour('soft');
      Chart.defaults.borderColor = colour('rule');
      drawn = new Chart(canvas, configure());
    });
  }

  /** Stripes, so that a state shows without its colour. */
  function stripes(ink, rising) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 6;
    const pen = tile.getContext('2d');
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    for (const shift of [-6, 0, 6]) {
      pen.beginPath();
      pen.moveTo(shift - 1, rising ? 7 : -1);
      pen.lineTo(shift + 7, rising ? -1 : 7);
      pen.stroke();
    }
    return pen.createPattern(tile, 'repeat');
  }

  Object.assign(report, { chart, stripes });
})();
