// What plain HTML cannot do: keys, no flicker, and a press that is kept when it could not be sent. Every rule is the
// server's; without this file each press is a form that posts and a link that loads.

const by = (id) => document.getElementById(id);
const UNSENT = 'crease-unsent'; // the one press that waits, in this tab
const SIGN_IN = '/console/scorer'; // who is signed in goes on from there to the matches
const SEND_MS_MAX = 20_000;
let sending = false;
let early = []; // keys pressed while a press is on its way
const EARLY_MAX = 16;

async function read(response) { return new DOMParser().parseFromString(await response.text(), 'text/html'); }

// What a page says of who is signed in: the token that its forms send; undefined on a page for nobody.
function token(page) { return page.querySelector('.who input')?.value; }

// One page takes another's place: only <main>, so that the live region and the focus stay.
async function show(response) {
  const page = await read(response);
  const main = page.querySelector('main');
  if (!main) { location.assign(response.url); return; }
  // Signed in or out: the header changes with it.
  if (response.ok && token(page) !== token(document)) { location.assign(response.url); return; }
  const old = by('main');
  const had = old.contains(document.activeElement) ? document.activeElement.dataset.key ?? null : undefined;
  old.replaceWith(document.adoptNode(main));
  document.title = page.title;
  if (response.url !== location.href) history.pushState(null, '', response.url);
  focus(main, had);
  ready(main);
  by('said').textContent = main.dataset.say;
}

// A mistake is read first; else focus stays on the control with the same key, or on the page.
function focus(main, had) {
  const mistake = main.querySelector('.mistakes');
  if (mistake) { mistake.tabIndex = -1; mistake.focus(); scrollTo(0, 0); return; }
  const same = had ? [...main.querySelectorAll('[data-key]')].find((it) => it.dataset.key === had) : null;
  (same ?? main).focus({ preventScroll: true });
}

// A link to a part that is folded away unfolds it.
function unfold(hash) {
  const part = by(hash.slice(1));
  if (part?.tagName !== 'DETAILS') return;
  part.open = true;
  part.scrollIntoView();
  part.querySelector('input, select, button')?.focus();
}

function ready(main) {
  for (const it of main.querySelectorAll('[data-script]')) it.hidden = false;
  for (const [id, usual] of [['keys-on', 'yes'], ['sound-on', 'no']]) {
    const box = by(id);
    if (!box) continue;
    box.checked = setting(id, usual) === 'yes';
    box.addEventListener('change', () => localStorage.setItem(`crease-${id}`, box.checked ? 'yes' : 'no'));
  }
}

function setting(id, usual) { return localStorage.getItem(`crease-${id}`) ?? usual; }

async function send(press) {
  if (sending) return;
  sending = true;
  sessionStorage.setItem(UNSENT, JSON.stringify(press));
  by('unsent-retry').disabled = true;
  try {
    const response = await fetch(press.to, {
      method: 'POST', body: new URLSearchParams(press.body), signal: AbortSignal.timeout(SEND_MS_MAX), redirect: 'follow',
    });
    // What the server could not do now it may do in a moment; what it refused, it has answered.
    if (response.status >= 500 || response.status === 429) throw new Error(`the server answered ${response.status}`);
    // Not signed in any more, or as somebody else: the press was not looked at, and waits for who signs in.
    if (response.status === 403 || (response.ok && token(await read(response.clone())) === undefined)) {
      early = [];
      location.assign(SIGN_IN);
      return;
    }
    sessionStorage.removeItem(UNSENT);
    by('unsent').hidden = true;
    await show(response);
    if (response.ok && !by('main').querySelector('.already')) { by('main').classList.add('counted'); sound(); }
    // They were meant for the pad; where the page asks something else now, they would mean something else.
    if (!response.ok || !by('main').querySelector('.pad')) early = [];
  } catch (error) {
    early = [];
    unsent(press, navigator.onLine ? `No answer (${error.message}).` : 'There is no connection.');
  } finally {
    sending = false;
    by('unsent-retry').disabled = false;
  }
  while (early.length && !sending) type(early.shift());
}

function unsent(press, why) {
  by('unsent-why').textContent = `${why} Kept here, and sent when you say so or the connection is back: ${press.what}`;
  by('unsent').hidden = false;
}

function retry() {
  const kept = sessionStorage.getItem(UNSENT);
  if (!kept) return;
  const press = JSON.parse(kept);
  // It may have been kept over a sign-in, which has a token of its own.
  const body = press.body.map(([name, value]) => [name, name === 'csrf' ? token(document) : value]);
  send({ ...press, body });
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.plain !== undefined || form.method !== 'post') return;
  event.preventDefault();
  if (sending) return;
  // Until the press that waits is through, the score on this page is not known to be right.
  if (sessionStorage.getItem(UNSENT)) { by('unsent').hidden = false; by('unsent-retry').focus(); return; }
  const body = [...new FormData(form, event.submitter).entries()].filter(([, value]) => typeof value === 'string');
  send({ to: form.action, body, what: event.submitter?.textContent.trim() ?? '' });
});

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-swap]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  fetch(link.href).then((response) => show(response)).then(() => unfold(link.hash)).catch(() => location.assign(link.href));
});

// A key does what the control with that data-key does.
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || setting('keys-on', 'yes') !== 'yes') return;
  if (event.target.matches('input:not([type=radio]):not([type=checkbox]), select, textarea')) return;
  if (sending && event.key.length === 1) {
    event.preventDefault();
    if (early.length < EARLY_MAX) early.push(event.key.toLowerCase());
    return;
  }
  if (type(event.key.toLowerCase())) event.preventDefault();
});

// Says whether the key means something on this page.
function type(key) {
  const control = [...by('main').querySelectorAll('[data-key]')].find((it) => it.dataset.key.split(' ').includes(key));
  if (key === 'escape' && !control) { usual(); return false; }
  if (!control) return false;
  // A second press of a switch takes it back.
  if (control.type === 'radio' && control.checked) usual(control.name);
  else control.click();
  if (control.tagName === 'SUMMARY') { control.focus(); control.scrollIntoView({ block: 'nearest' }); }
  return true;
}

function usual(name) {
  for (const it of by('main').querySelectorAll('[data-usual]')) if (!name || it.name === name) it.checked = true;
  if (!name) for (const it of by('main').querySelectorAll('.pad [type=checkbox]')) it.checked = false;
}

// A short tick: heard, not read. Only when asked for.
function sound() {
  if (setting('sound-on', 'no') !== 'yes') return;
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  tone.frequency.value = 880;
  tone.connect(audio.destination);
  tone.onended = () => audio.close();
  tone.start();
  tone.stop(audio.currentTime + 0.06);
}

addEventListener('popstate', () => location.reload());
// A page from the browser's memory shows an old score under an old id.
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
addEventListener('online', retry);
by('unsent-retry').addEventListener('click', retry);
ready(by('main'));
unfold(location.hash);
const kept = sessionStorage.getItem(UNSENT);
if (kept) unsent(JSON.parse(kept), 'The last press was not answered.');
