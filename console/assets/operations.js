// Keeps the page as it is now. The server draws every part; here a part takes the place of the one that it differs from.

const by = (id) => document.getElementById(id);
const parts = new Map(); // what the server last said of each part
const SECONDS_MAX = 5; // without a word: the page says how old it is

// What is pressed is not drawn anew under the finger, or the press would be lost: the next view does it.
let held = null;
addEventListener('pointerdown', (event) => { held = event.target.closest?.('section[id]') ?? null; }, true);
for (const name of ['pointerup', 'pointercancel']) addEventListener(name, () => setTimeout(() => { held = null; }), true);

// Open parts stay open, the focus stays where it is, and what was scrolled stays so.
function take(section) {
  const old = by(section.id);
  if (!old || old === held || parts.get(section.id) === section.outerHTML) return;
  parts.set(section.id, section.outerHTML);
  const open = [...old.querySelectorAll('details[open][id]')].map((it) => it.id);
  const scrolled = [...old.querySelectorAll('.scroll, .payload')].map((it) => [it.scrollLeft, it.scrollTop]);
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focus ? [...old.querySelectorAll('summary, [tabindex]')].indexOf(focus) : -1;
  const fresh = document.adoptNode(section);
  old.replaceWith(fresh);
  for (const id of open) if (by(id)) by(id).open = true;
  [...fresh.querySelectorAll('.scroll, .payload')].forEach((it, at) => { [it.scrollLeft, it.scrollTop] = scrolled[at] ?? [0, 0]; });
  if (!focus) return;
  const next = focus.id ? by(focus.id) : [...fresh.querySelectorAll('summary, [tabindex]')][place];
  if (next) next.focus({ preventScroll: true });
  else { fresh.tabIndex = -1; fresh.focus({ preventScroll: true }); }
}

function show(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const section of page.querySelectorAll('section[id]')) take(section);
  const state = page.getElementById('state');
  if (state) by('state').textContent = `Live · ${state.textContent}`;
  say('live');
}

function say(state) { by('state').className = `muted ${state}`; }

let heard = Date.now();
const stream = new EventSource(by('state').dataset.stream);
stream.addEventListener('view', (event) => { heard = Date.now(); show(JSON.parse(event.data)); });
setInterval(() => {
  const seconds = Math.round((Date.now() - heard) / 1000);
  if (seconds <= SECONDS_MAX) return;
  say('lost');
  by('state').textContent = `No word from the server for ${seconds} s; what is below is as old.`;
}, 1000);

// A press does not leave the page: what it did is said, and seen in the parts.
document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.classList.contains('press')) return;
  event.preventDefault();
  const sure = form.closest('[data-sure]')?.dataset.sure;
  if (sure && !confirm(sure)) return;
  const button = form.querySelector('button');
  const what = button.getAttribute('aria-label');
  // Not disabled: that would take the focus from it.
  if (form.dataset.sending) return;
  form.dataset.sending = 'yes';
  try {
    const response = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    const html = await response.text();
    if (response.ok) { show(html); by('said').textContent = `${what}: done.`; return; }
    const page = new DOMParser().parseFromString(html, 'text/html');
    fail(`${what}: ${page.querySelector('main p')?.textContent ?? `the server answered ${response.status}`}`);
  } catch (error) {
    fail(`${what}: no answer (${error.message}).`);
  } finally {
    delete form.dataset.sending;
  }
});

function fail(text) {
  const told = by('told') ?? document.createElement('p');
  told.id = 'told';
  told.className = 'warn';
  told.setAttribute('role', 'alert');
  told.textContent = text;
  by('sums').before(told);
}
