// Draws the report's charts in the browser, from the data inlined in the page. Plain script: inlined as it stands,
// behind charts.js and before sounds.js.
(() => {
  const { data, colour, chart, stripes } = report;

  const fillOf = (run) => {
    if (run.chosen) return colour('accent');
    if (run.state === 'collapsed') return stripes(colour('bad'), false);
    return run.state === 'unconverged' ? stripes(colour('amber'), true) : colour('other');
  };

  const heldOutText = {
    id: 'heldOutText',
    afterDatasetsDraw({ ctx, chartArea, scales }) {
      if (data.textMetric === null) return;
      const x = scales.x.getPixelForValue(data.textMetric);
      ctx.save();
      ctx.strokeStyle = colour('ink');
      ctx.lineWidth = 2;
      ctx.setLineDash([5, 4]);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.restore();
    },
  };

  chart('chart-runs', () => ({
    type: 'bar',
    plugins: [heldOutText],
    data: {
      labels: data.runs.map((run) => run.name + (run.state === 'collapsed' ? ' (collapsed)' : '')),
      datasets: [
        { data: data.runs.map((run) => run.metric), backgroundColor: data.runs.map(fillOf), barPercentage: 0.75 },
      ],
    },
    options: {
      indexAxis: 'y',
      scales: {
        x: {
          beginAtZero: true,
          suggestedMax: (data.textMetric ?? 0) * 1.1,
          title: { display: true, text: 'label-free metric, lower is better' },
        },
        y: { grid: { display: false }, ticks: { autoSkip: false } },
      },
    },
  }));

  /** Falling losses would lie on the axis for most of their way: a logarithmic axis where they span much. */
  function valueAxis(series) {
    const values = series.flatMap(({ points }) => points.map(([, y]) => y));
    const low = values.reduce((a, b) => Math.min(a, b), Infinity),
      high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (low <= 0 || high < 3 * low) return { ticks: { maxTicksLimit: 7 } };
    return { type: 'logarithmic', ticks: { callback: (value) => (/^[125]/.test(value.toExponential()) ? value : '') } };
  }

  // Shape says the state as well as colour does.
  const pointOf = (run) => {
    if (run.chosen) return { style: 'circle', ink: 'accent', radius: 7, filled: true };
    if (run.state === 'collapsed') return { style: 'crossRot', ink: 'bad', radius: 6 };
    return run.state === 'unconverged'
      ? { style: 'rectRot', ink: 'amber', radius: 6 }
      : { style: 'circle', ink: 'other', radius: 5 };
  };
  const spread = (values) =>
    values.reduce((a, b) => Math.max(a, b), 0) > 8 * values.reduce((a, b) => Math.min(a, b), Infinity);
  chart('chart-choice', () => ({
    type: 'scatter',
    data: {
      datasets: data.scoredRuns.map((run) => {
        const { style, ink, radius, filled = false } = pointOf(run);
        return {
          label: run.name,
          data: [{ x: run.metric, y: 100 * run.per }],
          order: run.chosen ? 0 : 1,
          pointStyle: style,
          pointRadius: radius,
          pointHoverRadius: radius + 1,
          borderColor: colour(ink),
          borderWidth: 2,
          backgroundColor: filled ? colour(ink) : 'transparent',
        };
      }),
    },
    options: {
      plugins: {
        tooltip: {
          callbacks: {
            label: ({ dataset, parsed }) =>
              `${dataset.label}: metric ${parsed.x.toFixed(2)}, PER ${parsed.y.toFixed(1)} %`,
          },
        },
      },
      scales: {
        x: {
          type: spread(data.scoredRuns.map((run) => run.metric)) ? 'logarithmic' : 'linear',
          title: { display: true, text: 'label-free metric, lower is better' },
        },
        y: { beginAtZero: true, title: { display: true, text: 'phone error rate, percent' } },
      },
    },
  }));

  const runs = new Map(data.runs.map((run) => [run.name, run]));
  for (const curve of data.curves) {
    chart(`chart-curve-${curve.key}`, () => ({
      type: 'line',
      data: {
        datasets: curve.series.map(({ run, points }) => {
          const { chosen = false, state = 'ok' } = runs.get(run) ?? {};
          return {
            label: run,
            data: points.map(([x, y]) => ({ x, y })),
            order: chosen ? 0 : 1,
            borderColor: colour(chosen ? 'accent' : state === 'collapsed' ? 'bad' : 'other'),
            borderWidth: chosen ? 2.5 : 1.2,
            borderDash: state === 'collapsed' ? [5, 4] : [],
            pointRadius: points.length < 12 ? 2.5 : 0,
            pointHitRadius: 6,
            tension: 0,
          };
        }),
      },
      options: {
        parsing: false,
        interaction: { mode: 'nearest', intersect: false },
        plugins: { tooltip: { callbacks: { title: ([item]) => `${curve.x} ${Math.round(item.parsed.x)}` } } },
        scales: {
          x: { type: 'linear', title: { display: true, text: curve.x }, ticks: { maxTicksLimit: 8, precision: 0 } },
          y: valueAxis(curve.series),
        },
      },
    }));
  }

  const phoneAxis = { grid: { display: false }, ticks: { autoSkip: false, maxRotation: 0, font: { size: 13 } } };
  chart('chart-errors', () => ({
    type: 'bar',
    data: {
      labels: data.errors.map((row) => row.phone),
      datasets: [
        {
          label: 'taken for another',
          data: data.errors.map((row) => row.substituted),
          backgroundColor: colour('accent'),
        },
        { label: 'missed', data: data.errors.map((row) => row.deleted), backgroundColor: stripes(colour('bad'), true) },
        { label: 'added', data: data.errors.map((row) => row.inserted), backgroundColor: colour('amber') },
      ],
    },
    options: {
      interaction: { mode: 'index' },
      plugins: { legend: { display: true, align: 'start', position: 'top', labels: { boxWidth: 12 } } },
      scales: { x: { ...phoneAxis, stacked: true }, y: { stacked: true, title: { display: true, text: 'errors' } } },
    },
  }));

  const share = (key) => {
    const total = data.frequencies.reduce((sum, row) => sum + row[key], 0) || 1;
    return data.frequencies.map((row) => (100 * row[key]) / total);
  };
  chart('chart-frequencies', () => ({
    type: 'bar',
    data: {
      labels: data.frequencies.map((row) => row.phone),
      datasets: [
        { label: 'text', data: share('text'), backgroundColor: colour('other') },
        { label: 'output', data: share('output'), backgroundColor: colour('accent') },
      ],
    },
    options: {
      interaction: { mode: 'index' },
      plugins: { tooltip: { callbacks: { label: (item) => `${item.dataset.label} ${item.parsed.y.toFixed(2)} %` } } },
      scales: { x: phoneAxis, y: { title: { display: true, text: 'percent' } } },
    },
  }));
})();
