// Pictures come by choosing, dragging and pasting, one after another, with what becomes of each beside its name; and what must not be cut off is
// chosen in the picture itself. Without this file a form sends all that was chosen, and the place is written in numbers.

const say = (text) => { document.getElementById('said').textContent = text; };
for (const it of document.querySelectorAll('[data-script]')) it.hidden = false;

/* How many times one is sent again where the server has too much to do. */
const TRIES_MAX = 8;
/* What came by pasting has a name that says nothing. */
const PASTED = 'Pasted picture';

const form = document.querySelector('[data-upload]');
if (form) {
  const list = form.querySelector('[data-uploads]');
  const input = form.elements.files;
  const bytesMax = Number(form.dataset.bytesMax);
  const waiting = [];
  // What is chosen is sent at once.
  form.querySelector('button').parentElement.hidden = true;
  let isSending = false;
  let done = 0;
  let refused = 0;

  const add = (files) => {
    for (const file of files) waiting.push({ file, row: row(file.name || PASTED) });
    send();
  };

  const row = (name) => {
    const item = document.createElement('li');
    const title = document.createElement('strong');
    title.textContent = name;
    const state = document.createElement('span');
    state.textContent = 'waits';
    const bar = document.createElement('progress');
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute('aria-label', name);
    item.append(title, ' ', state, bar);
    list.append(item);
    return { item, state, bar };
  };

  const end = ({ item, state, bar }, answer) => {
    bar.remove();
    if (answer.id) {
      done += 1;
      state.textContent = answer.before ? 'is there already. ' : 'is there. ';
      const link = document.createElement('a');
      link.href = answer.href;
      link.textContent = answer.alt ? 'Look at it' : 'Say what it shows';
      const picture = document.createElement('img');
      picture.src = answer.thumbnail;
      picture.alt = '';
      item.prepend(picture);
      item.append(link);
    } else {
      refused += 1;
      item.classList.add('bad');
      state.textContent = `is not taken: ${answer.error}`;
    }
  };

  const send = async () => {
    if (isSending) return;
    isSending = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { file, row: at } = next;
      const isLarge = file.size > bytesMax;
      end(at, isLarge ? { error: `it is larger than ${bytesMax >> 20} MB` } : await until(file, at));
      say(`${file.name || PASTED} ${at.state.textContent}`);
    }
    isSending = false;
    await show();
    const both = refused ? `, ${refused} not taken` : '';
    say(`${done} ${done === 1 ? 'picture is' : 'pictures are'} there${both}.`);
  };

  // What came is in the list below, which the server draws.
  const show = async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const next = page.querySelector('[data-grid]');
    if (next) document.querySelector('[data-grid]').replaceWith(document.adoptNode(next));
  };

  /** One file, again as long as the server is busy. */
  const until = async (file, at) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await one(file, at);
      if (!answer.again || tries === TRIES_MAX) return answer;
      at.state.textContent = 'waits for others';
      await new Promise((next) => setTimeout(next, answer.again * 1000));
    }
  };

  // Only this tells how far the sending is.
  const one = (file, at) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append('csrf', form.elements.csrf.value);
      body.append('files', file, file.name || PASTED);
      request.open('POST', form.action);
      request.setRequestHeader('accept', 'application/json');
      at.state.textContent = 'is sent';
      request.upload.addEventListener('progress', ({ loaded, total }) => { at.bar.value = loaded / total; });
      request.upload.addEventListener('load', () => {
        at.state.textContent = 'is looked at';
        at.bar.removeAttribute('value');
      });
      request.addEventListener('error', () => resolve({ error: 'the server could not be reached', again: 4 }));
      request.addEventListener('load', () => resolve(read(request)));
      request.send(body);
    });

  const read = (request) => {
    const again = request.status === 503 ? Number(request.getResponseHeader('retry-after') ?? 4) : 0;
    try {
      return { ...JSON.parse(request.responseText), again };
    } catch {
      const error = request.status === 403 ? 'load this page again, and try once more' : 'something went wrong: try again';
      return { error, again };
    }
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    add(input.files);
    input.value = '';
  });
  input.addEventListener('change', () => {
    add(input.files);
    input.value = '';
  });

  const files = (transfer) => [...(transfer?.files ?? [])];
  addEventListener('paste', (event) => {
    const pasted = files(event.clipboardData);
    if (pasted.length === 0) return;
    event.preventDefault();
    add(pasted);
  });
  // Over the whole page: what is dropped beside a field would else be opened in place of it.
  addEventListener('dragover', (event) => {
    if (![...event.dataTransfer.types].includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    form.classList.add('over');
  });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) form.classList.remove('over'); });
  addEventListener('drop', (event) => {
    form.classList.remove('over');
    const dropped = files(event.dataTransfer);
    if (dropped.length === 0) return;
    event.preventDefault();
    add(dropped);
  });
  // What is on its way is lost with the page.
  addEventListener('beforeunload', (event) => { if (isSending) event.preventDefault(); });
}

const looks = document.querySelector('[data-looks]');
const described = document.querySelector('[data-describe]');
if (looks && described) {
  const whole = looks.querySelector('[data-focus]');
  const [x, y] = [described.elements.x, described.elements.y];
  const number = (input) => Math.min(Math.max(Math.round(Number(input.value.replace(',', '.')) * 10) || 0, 0), 1000);
  const RATIOS = { square: [1, 1], wide: [16, 9] };

  // What a crop shows is reckoned as the server does (cms/src/media/crop.rs).
  const part = (width, height, [wide, high]) => {
    const byHeight = Math.floor((height * wide) / high);
    const [w, h] = byHeight <= width ? [byHeight, height] : [width, Math.floor((width * high) / wide)];
    const place = (whole, part, focus) =>
      Math.min(Math.max(Math.floor((whole * focus) / 1000) - Math.floor(part / 2), 0), whole - part);
    return [place(width, w, number(x)), place(height, h, number(y)), w, h];
  };

  const crops = [...looks.querySelectorAll('[data-crop]')].map((figure) => {
    const image = new Image();
    const canvas = document.createElement('canvas');
    const ratio = RATIOS[figure.dataset.crop];
    canvas.width = 320;
    canvas.height = Math.round((320 * ratio[1]) / ratio[0]);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', figure.querySelector('figcaption').textContent);
    image.addEventListener('load', () => {
      figure.querySelector('picture')?.replaceWith(canvas);
      draw();
    });
    image.src = figure.dataset.src;
    return { image, canvas, ratio };
  });

  const draw = () => {
    for (const { image, canvas, ratio } of crops) {
      if (!image.naturalWidth) continue;
      const [left, top, width, height] = part(image.naturalWidth, image.naturalHeight, ratio);
      canvas.getContext('2d').drawImage(image, left, top, width, height, 0, 0, canvas.width, canvas.height);
    }
    const lines = whole.querySelectorAll('line');
    lines.forEach((line, at) => {
      const [names, value] = at % 2 === 0 ? [['x1', 'x2'], number(x)] : [['y1', 'y2'], number(y)];
      for (const name of names) line.setAttribute(name, value);
    });
  };

  const choose = (left, top) => {
    const text = (it) => String(Math.min(Math.max(Math.round(it), 0), 1000) / 10);
    [x.value, y.value] = [text(left), text(top)];
    draw();
    whole.setAttribute('aria-valuetext', `${x.value} from the left, ${y.value} from the top`);
  };

  // Two values in one place: what a screen reader says of it is said with each step.
  whole.tabIndex = 0;
  whole.setAttribute('role', 'application');
  whole.setAttribute('aria-label', 'What must not be cut off: arrow keys move it, with Shift further');
  whole.classList.add('chooses');
  const pointed = ({ clientX, clientY }) => {
    const { left, top, width, height } = whole.getBoundingClientRect();
    choose(((clientX - left) / width) * 1000, ((clientY - top) / height) * 1000);
  };
  whole.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    whole.focus();
    whole.setPointerCapture(event.pointerId);
    pointed(event);
  });
  whole.addEventListener('pointermove', (event) => { if (whole.hasPointerCapture(event.pointerId)) pointed(event); });
  whole.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? 100 : 10;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!by) return;
    event.preventDefault();
    choose(number(x) + by[0], number(y) + by[1]);
    say(`${x.value} from the left, ${y.value} from the top`);
  });
  for (const it of [x, y]) it.addEventListener('input', draw);
  draw();
}
