// The table of all utterances in the browser: sorted by any column, filtered by words, speaker and part. Plain script:
// inlined as it stands, behind charts.js.
(() => {
  const { listing } = report.data;
  const body = document.querySelector('#listing tbody');
  if (!listing || !body) return;
  const box = (name) => document.getElementById(`listing-${name}`);
  const rate = (row) => (row.length > 0 ? row.errors / row.length : row.errors > 0 ? 1 : 0);
  const keys = {
    id: (row) => row.id,
    speaker: (row) => row.speaker,
    part: (row) => row.split,
    seconds: (row) => row.seconds,
    rate,
    text: (row) => row.text,
  };
  const step = 100;
  let shown = step;
  let by = listing.some((row) => row.errors !== undefined) ? 'rate' : 'id';
  let down = by === 'rate';

  const cell = (text, name) => {
    const made = document.createElement('td');
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const line = (row) => {
    const made = document.createElement('tr');
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = row.id;
    made.append(head, cell(row.speaker), cell(row.split), cell(`${row.seconds.toFixed(1)} s`, 'number'));
    if (row.errors !== undefined) made.append(cell(`${(100 * rate(row)).toFixed(1)} %`, 'number'));
    made.append(cell(row.text));
    return made;
  };

  function draw() {
    const wanted = box('search').value.trim().toLowerCase();
    const speaker = box('speaker').value;
    const part = box('part').value;
    const found = listing.filter(
      (row) =>
        (speaker === '' || row.speaker === speaker) &&
        (part === '' || row.split === part) &&
        (wanted === '' || `${row.id} ${row.text}`.toLowerCase().includes(wanted)),
    );
    const key = keys[by];
    found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (down ? -1 : 1));
    body.replaceChildren(...found.slice(0, shown).map(line));
    box('count').textContent = `${Math.min(shown, found.length)} of ${found.length} shown`;
    box('more').hidden = found.length <= shown;
    for (const head of document.querySelectorAll('#listing th[data-key]'))
      head.setAttribute('aria-sort', head.dataset.key === by ? (down ? 'descending' : 'ascending') : 'none');
  }

  for (const head of document.querySelectorAll('#listing th[data-key]'))
    head.querySelector('button').addEventListener('click', () => {
      down = head.dataset.key === by ? !down : ['rate', 'seconds'].includes(head.dataset.key);
      by = head.dataset.key;
      draw();
    });
  for (const name of ['search', 'speaker', 'part'])
    box(name).addEventListener('input', () => {
      shown = step;
      draw();
    });
  box('more').addEventListener('click', () => {
    shown = Infinity;
    draw();
  });
  draw();
})();
