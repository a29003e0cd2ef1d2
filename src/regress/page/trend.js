// Draws the charts of the trend page from the data inlined in it. Plain script: inlined as it stands, behind charts.js.
(() => {
  const { data, colour, chart } = report;

  const points = (nights, of) =>
    nights.map((night, x) => ({ x, y: of(night) })).filter(({ y }) => y !== null && y !== undefined);
  /** A tick for every night, or for some of many. */
  const axis = (nights) => ({
    type: 'linear',
    min: -0.5,
    max: nights.length - 0.5,
    grid: { display: false },
    ticks: { maxRotation: 0, autoSkip: true, callback: (x) => nights[x]?.label ?? '' },
    afterBuildTicks: (scale) => {
      scale.ticks = nights.map((_, value) => ({ value }));
    },
  });
  const tooltip = (nights, unit) => ({
    filter: ({ dataset }) => dataset.label !== '',
    callbacks: {
      title: ([item]) => nights[Math.round(item?.parsed.x ?? 0)]?.when ?? '',
      label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} ${unit}`,
    },
  });

  /** Nights without a result, on the axis. */
  const failures = (nights) =>
    nights
      .map((night, x) => ({ x, verdict: night.verdict }))
      .filter(({ verdict }) => ['failed', 'missing', 'collapsed', 'over-budget'].includes(verdict));

  function markFailures(nights) {
    return {
      id: 'failures',
      afterDatasetsDraw({ ctx, chartArea, scales }) {
        ctx.save();
        ctx.strokeStyle = colour('bad');
        ctx.lineWidth = 2;
        for (const { x } of failures(nights)) {
          const at = scales.x.getPixelForValue(x),
            bottom = chartArea.bottom - 8;
          ctx.beginPath();
          ctx.moveTo(at - 5, bottom - 5);
          ctx.lineTo(at + 5, bottom + 5);
          ctx.moveTo(at - 5, bottom + 5);
          ctx.lineTo(at + 5, bottom - 5);
          ctx.stroke();
        }
        ctx.restore();
      },
    };
  }

  /** A band for each stretch of nights of one series: what is not compared is not joined. */
  function bands(nights) {
    const fill = `color-mix(in srgb, ${colour('accent')} 18%, transparent)`;
    const stretches = [];
    nights.forEach((night, x) => {
      if (!night.band) return;
      const last = stretches.at(-1);
      if (last && last.series === night.series && last.to === x - 1) {
        last.to = x;
        last.nights.push({ x, band: night.band });
      } else stretches.push({ series: night.series, to: x, nights: [{ x, band: night.band }] });
    });
    return stretches.flatMap(({ nights: own }) => {
      const edge = (i) => [
        { x: own[0].x - 0.35, y: own[0].band[i] },
        ...own.map(({ x, band }) => ({ x, y: band[i] })),
        { x: own.at(-1).x + 0.35, y: own.at(-1).band[i] },
      ];
      const line = { label: '', stepped: 'middle', borderWidth: 0, pointRadius: 0, pointHitRadius: 0, order: 9 };
      return [
        { ...line, data: edge(1), fill: '+1', backgroundColor: fill },
        { ...line, data: edge(0), fill: false },
      ];
    });
  }

  const pointOf = (night) => {
    if (night.verdict === 'worse') return { style: 'rectRot', radius: 7, ink: 'amber', filled: false };
    return { style: 'circle', radius: 4, ink: 'accent', filled: true };
  };

  for (const { id, unit, nights } of data.trends) {
    chart(`${id}-value`, () => {
      const means = points(nights, (night) => night.value);
      const marks = means.map(({ x }) => pointOf(nights[x]));
      return {
        type: 'line',
        plugins: [markFailures(nights)],
        data: {
          datasets: [
            {
              label: 'mean',
              data: means,
              borderColor: colour('accent'),
              borderWidth: 2,
              tension: 0,
              order: 1,
              segment: {
                borderColor: ({ p0DataIndex: i }) =>
                  nights[means[i].x].series === nights[means[i + 1].x].series ? undefined : 'transparent',
              },
              pointStyle: marks.map(({ style }) => style),
              pointRadius: marks.map(({ radius }) => radius),
              pointBorderWidth: 2,
              pointBorderColor: marks.map(({ ink }) => colour(ink)),
              pointBackgroundColor: marks.map(({ ink, filled }) => (filled ? colour(ink) : colour('paper'))),
            },
            {
              label: 'seed',
              data: nights.flatMap((night, x) => night.seeds.map((y) => ({ x, y }))),
              showLine: false,
              pointRadius: 3.5,
              pointBackgroundColor: 'transparent',
              pointBorderColor: colour('other'),
              pointBorderWidth: 1.5,
              order: 2,
            },
            {
              label: 'blessed',
              data: points(nights, (night) => (night.blessed ? night.value : null)),
              showLine: false,
              pointStyle: 'rect',
              pointRadius: 10,
              pointBackgroundColor: 'transparent',
              pointBorderColor: colour('ink'),
              pointBorderWidth: 1.5,
              order: 0,
            },
            {
              label: 'guess',
              data: points(nights, (night) => night.guess),
              borderColor: colour('other'),
              borderDash: [2, 4],
              borderWidth: 1.5,
              pointRadius: 0,
              order: 3,
            },
            ...bands(nights),
          ],
        },
        options: {
          parsing: false,
          interaction: { mode: 'nearest', intersect: false },
          plugins: { tooltip: tooltip(nights, unit === 'percent' ? '%' : '') },
          scales: {
            x: axis(nights),
            y: {
              title: { display: true, text: unit },
              grace: '15%',
              ticks: { maxTicksLimit: 8 },
              ...(unit === 'percent' ? { min: 0 } : {}), // errors below nothing are none, whatever the tolerance
            },
          },
        },
      };
    });
    const lines = (series, text) => () => ({
      type: 'line',
      data: {
        datasets: series.map(({ label, of, ink, dash }) => ({
          label,
          data: points(nights, of),
          borderColor: colour(ink),
          backgroundColor: colour(ink),
          borderWidth: 2,
          borderDash: dash,
          pointRadius: 3,
          tension: 0,
        })),
      },
      options: {
        parsing: false,
        interaction: { mode: 'index', intersect: false },
        plugins: {
          tooltip: tooltip(nights, text),
          legend: { display: series.length > 1, align: 'start', labels: { boxWidth: 18, boxHeight: 0 } },
        },
        scales: {
          x: axis(nights),
          y: { beginAtZero: true, title: { display: true, text }, ticks: { maxTicksLimit: 6 } },
        },
      },
    });
    chart(
      `${id}-time`,
      lines(
        [
          { label: 'wall time', of: (night) => night.minutes, ink: 'accent', dash: [] },
          { label: 'CPU time', of: (night) => night.cpuMinutes, ink: 'other', dash: [5, 4] },
        ],
        'minutes',
      ),
    );
    chart(
      `${id}-memory`,
      lines([{ label: 'peak memory', of: (night) => night.memory, ink: 'accent', dash: [] }], 'MiB'),
    );
  }
})();
