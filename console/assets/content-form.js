// The form of an entry: it saves itself while somebody writes. What is typed is never taken away or written over: this file reads fields and
// sends them, one request after the other, each on the version that the last one was answered with.

const form = document.getElementById('entry');
const status = document.getElementById('saved');
const PAUSE_MS = 700;
const PAUSE_MS_MAX = 2_500;
const RETRY_MS_MAX = 30_000;
const SEND_MS_MAX = 30_000;
const SEEN_MS = 10_000;

const { entry, language } = form.dataset;
const address = (rest) => `/console/content/entries/${entry}${rest}?lang=${encodeURIComponent(language)}`;
const csrf = form.elements.namedItem('csrf')?.value ?? '';
const sitting = [...crypto.getRandomValues(new Uint8Array(12))].map((it) => it.toString(16).padStart(2, '0')).join('');
const byId = (id) => document.getElementById(id);

let version = Number(form.dataset.version);
let turn = 0;
/** Whether something was typed that no request has taken yet. */
let isDirty = form.dataset.unsaved !== undefined;
let dirtySince = 0;
/** Whether some of what was typed is no draft's: too long, say. */
let isUnkept = false;
/** The request that is on its way. */
let sending = null;
let failures = 0;
let timer = 0;
/** How far the draft is, as the side of the page shows it. */
let shownState = null;

function say(text, state) {
  if (status.textContent !== text) status.textContent = text;
  status.dataset.state = state;
}

const clock = () => new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

function changed() {
  if (!isDirty) dirtySince = Date.now();
  isDirty = true;
  // What is saved is older than what is seen: for the eye alone, as the words follow in a moment.
  if (status.dataset.state === 'saved') status.dataset.state = 'changed';
  plan();
}

function plan() {
  clearTimeout(timer);
  const left = dirtySince + PAUSE_MS_MAX - Date.now();
  timer = setTimeout(save, Math.max(0, Math.min(PAUSE_MS, left)), 'autosave');
}

/** Sends the form, after what is on its way; resolves with whether all is kept. */
async function save(how) {
  clearTimeout(timer);
  while (sending) await sending;
  if (!isDirty && how === 'autosave') return true;
  sending = send(how).finally(() => {
    sending = null;
  });
  const isKept = await sending;
  // What was typed meanwhile.
  if (isDirty && isKept) plan();
  return isKept;
}

async function send(how) {
  isDirty = false;
  turn += 1;
  const body = new URLSearchParams(new FormData(form));
  body.set('do', how);
  body.set('sitting', sitting);
  body.set('turn', String(turn));
  say('Saving…', 'saving');
  const headers = { accept: 'application/json', 'if-match': `"${version}"` };
  let answer;
  let said;
  try {
    answer = await fetch(form.action, { method: 'POST', headers, body, signal: AbortSignal.timeout(SEND_MS_MAX) });
    if (answer.status >= 500 || answer.status === 429) throw new Error(`the server answered ${answer.status}`);
    said = await answer.json();
  } catch {
    isDirty = true;
    failures += 1;
    const wait = Math.min(1_000 * 2 ** (failures - 1), RETRY_MS_MAX);
    say(`Not saved: ${navigator.onLine ? 'no answer' : 'there is no connection'}. Trying again`, 'failed');
    timer = setTimeout(save, wait, how);
    return false;
  }
  failures = 0;
  if (answer.status === 412 && said.clash) {
    clash(said.clash);
    return false;
  }
  if (!answer.ok) {
    isDirty = true;
    say(`Not saved: ${said.error ?? 'it was refused'}`, 'failed');
    return false;
  }
  version = said.version;
  for (const it of document.querySelectorAll('input[name=version]')) it.value = String(version);
  tell(said.problems ?? []);
  isUnkept = Boolean(said.problems?.length);
  const some = said.problems?.length ? ', but for what is marked' : '';
  // What was typed since it went is not saved yet.
  const state = isDirty ? 'changed' : 'saved';
  say(`Saved ${clock()}${some}`, some ? 'failed' : state);
  if (shownState !== null && said.state !== shownState) refresh();
  shownState = said.state;
  const heading = document.querySelector('.entry-head h1');
  if (said.title && heading.textContent !== said.title) heading.textContent = said.title;
  return true;
}

/** Somebody else has written: what is typed is kept aside on the server, each time anew. */
function clash(name) {
  const notice = byId('clashed');
  notice.querySelector('strong').textContent = `${name} has changed this meanwhile.`;
  notice.querySelector('[data-clash]').href = `${address('/clash')}&sitting=${sitting}`;
  notice.hidden = false;
  say(`Kept aside ${clock()}`, 'failed');
}

/** What was not kept, beside its fields. */
function tell(problems) {
  for (const it of form.querySelectorAll('p.mistake[id]')) it.textContent = '';
  for (const it of form.querySelectorAll('[aria-invalid]')) it.removeAttribute('aria-invalid');
  for (const { path, what } of problems) {
    let at = path;
    while (at && !byId(`${at}-mistake`)) at = at.slice(0, at.lastIndexOf('/'));
    const place = byId(`${at}-mistake`);
    if (!place) continue;
    place.textContent = `Not saved: ${what}.`;
    const control = byId(at);
    if (control?.matches('input, textarea, select')) control.setAttribute('aria-invalid', 'true');
  }
}

/** What stands beside the form, as it is now: unless somebody is at it. */
async function refresh() {
  const answer = await fetch(address(''), { headers: { accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of ['.entry-side', '.entry-head nav.languages', '.entry-head .line']) {
    const [old, now] = [document.querySelector(part), page.querySelector(part)];
    if (!old || !now || old.contains(document.activeElement) || old.querySelector('details[open]')) continue;
    old.replaceWith(document.adoptNode(now));
  }
  for (const it of document.querySelectorAll('input[name=version]')) it.value = String(version);
}

// Buttons of lists: the server makes the list anew, with all that is typed.
async function press(button) {
  const what = button.value;
  const [act, target] = what.split(' ');
  const path = act === 'add' ? target : target.slice(0, target.lastIndexOf('/'));
  const list = form.querySelector(`[data-list="${CSS.escape(path)}"]`);
  const body = new URLSearchParams(new FormData(form));
  body.set('do', what);
  list.inert = true;
  const answer = await fetch(form.action, { method: 'POST', body, signal: AbortSignal.timeout(SEND_MS_MAX) }).catch(() => null);
  list.inert = false;
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
  const now = page?.querySelector(`[data-list="${CSS.escape(path)}"]`);
  if (!now) {
    say('The list cannot be changed now: try again', 'failed');
    return;
  }
  list.replaceWith(document.adoptNode(now));
  ready(now);
  focus(now, act, target, path);
  changed();
}

function focus(list, act, target, path) {
  const items = list.querySelectorAll(':scope > ol > li');
  const at = Number(target.slice(target.lastIndexOf('/') + 1));
  if (act === 'add') {
    const first = items[items.length - 1]?.querySelector('.item-fields :is(input:not([type=hidden]), textarea, select, button)');
    (first ?? list.querySelector('button.add'))?.focus();
  } else if (act === 'take') (items[Math.min(at, items.length - 1)]?.querySelector('button.mini') ?? list.querySelector('button.add'))?.focus();
  else {
    const to = act === 'up' ? at - 1 : at + 1;
    const of = (name) => list.querySelector(`button[value="${CSS.escape(`${name} ${path}/${to}`)}"]`);
    (of(act) ?? of(act === 'up' ? 'down' : 'up'))?.focus();
  }
}

// Fields that are shown with certain values of others.
function condition() {
  const data = new FormData(form);
  const holds = ([name, values]) => values.includes(data.getAll(name).at(-1) ?? '');
  for (const it of form.querySelectorAll('[data-shown-when]')) it.hidden = !JSON.parse(it.dataset.shownWhen).some(holds);
}

function room(control) {
  const place = byId(`${control.id}-room`);
  if (!place) return;
  // As a browser sends it: the end of a line is one.
  const length = [...control.value.replaceAll('\r\n', '\n')].length;
  const max = Number(control.dataset.room);
  place.textContent = `${length} of ${max}`;
  place.classList.toggle('over', length > max);
}

/** A field for a colour beside its text. */
function colour(place) {
  const text = place.querySelector('input');
  const well = document.createElement('input');
  well.type = 'color';
  well.setAttribute('aria-label', `${text.labels[0]?.textContent.trim() ?? 'Colour'}: choose`);
  const follow = () => {
    if (/^#[0-9a-f]{6}$/i.test(text.value)) well.value = text.value;
  };
  follow();
  text.addEventListener('input', follow);
  well.addEventListener('input', () => {
    text.value = well.value;
    text.dispatchEvent(new Event('input', { bubbles: true }));
  });
  place.append(well);
}

function ready(root) {
  root.querySelectorAll('[data-colour]').forEach(colour);
  root.querySelectorAll('[data-room]').forEach(room);
  condition();
}

// Who else is here.
async function present() {
  const field = form.contains(document.activeElement) ? document.activeElement.name : '';
  const body = new URLSearchParams({ csrf, sitting, field: field?.startsWith('/') ? field : '' });
  const answer = await fetch(address('/presence'), { method: 'POST', body }).catch(() => null);
  if (!answer?.ok) return;
  const others = await answer.json().catch(() => []);
  const told = others.map(({ name, field }) => {
    const label = field && [...(byId(field)?.labels ?? [])][0]?.firstChild?.textContent.trim();
    return label ? `${name} is writing in ${label}` : `${name} is here, too`;
  });
  const text = [...new Set(told)].join(' · ');
  const place = byId('present');
  if (place.textContent !== text) place.textContent = text;
}

form.addEventListener('input', (event) => {
  if (event.target.dataset?.room) room(event.target);
  condition();
  changed();
});
form.addEventListener('change', () => {
  condition();
  changed();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const what = event.submitter?.value ?? 'save';
  if (what === 'save') save('save');
  else press(event.submitter);
});
// What is done with the draft is done with all that is typed.
let isThrough = false;
document.addEventListener('submit', async (event) => {
  const { target, submitter } = event;
  if (target.dataset.follows === undefined || isThrough) return;
  if (!isDirty && !isUnkept && !sending) return;
  event.preventDefault();
  if (!(await save('autosave')) || isUnkept) return;
  isThrough = true;
  target.requestSubmit(submitter);
  isThrough = false;
});
// The last words are kept aside before both are shown.
form.querySelector('[data-clash]').addEventListener('click', async (event) => {
  if (!isDirty && !sending) return;
  event.preventDefault();
  await save('autosave');
  if (!isDirty) location.assign(form.querySelector('[data-clash]').href);
});
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 's') {
    event.preventDefault();
    save('save');
  }
});
addEventListener('beforeunload', (event) => {
  if (isDirty || isUnkept || sending) event.preventDefault();
});
addEventListener('online', () => {
  if (isDirty) save('autosave');
});
addEventListener('pagehide', () => {
  navigator.sendBeacon(address('/leave'), new URLSearchParams({ csrf, sitting }));
});
// A page from the browser's memory has an old version.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

/** Whether somebody has typed before this file was there. */
function wasTyped({ type, options, checked, defaultChecked, value, defaultValue }) {
  if (type === 'checkbox' || type === 'radio') return checked !== defaultChecked;
  if (type === 'select-multiple') return [...options].some((it) => it.selected !== it.defaultSelected);
  if (type !== 'select-one') return defaultValue !== undefined && value !== defaultValue;
  const first = [...options].find((it) => it.defaultSelected) ?? options[0];
  return value !== (first?.value ?? '');
}

shownState = document.querySelector('.entry-head .line [data-state]')?.dataset.state ?? null;
if ([...form.elements].some(wasTyped)) isDirty = true;
ready(form);
present();
setInterval(present, SEEN_MS);
if (isDirty) {
  dirtySince = Date.now();
  plan();
}
// From here on buttons are this file's, and nothing that is typed waits for it.
form.dataset.ready = '';
