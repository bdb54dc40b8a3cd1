// What plain HTML cannot do: copy a text, draw the widget anew while its look is chosen, count who watches.
// Without this file a form is sent by its button, and a page is loaded again.

const KEY = 'crease-new-key'; // the key that was just issued, in this tab alone, for the code to paste

function ready() {
  // On a phone the tab that one is in may stand beyond the edge.
  document.querySelector('.tabs [aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  for (const it of document.querySelectorAll('[data-script]')) it.hidden = false;
  const kept = sessionStorage.getItem(KEY);
  // The page knows a key by its first characters; this tab may know the rest.
  for (const code of kept ? document.querySelectorAll('pre[id^="code-"] code') : []) {
    const shown = `${kept.slice(0, 16)}…`;
    if (!code.textContent.includes(shown)) continue;
    code.textContent = code.textContent.replaceAll(shown, kept);
    document.getElementById('key-lacking')?.remove();
  }
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    document.getElementById('said').textContent = 'Copied.';
  } catch {
    // Without leave to use the clipboard the text is selected, for the keyboard to copy.
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    button.textContent = 'Press Ctrl+C';
  }
  setTimeout(() => { button.textContent = words; }, 2000);
});

// The generator: what is chosen is asked for at once, and takes the place of code and preview.
let asked = 0;
document.addEventListener('input', async (event) => {
  const form = event.target.closest('form[data-live]');
  if (!form) return;
  const colour = event.target.type === 'color' && form.elements[`own_${event.target.name}`];
  if (colour) colour.checked = true;
  const turn = ++asked;
  const chosen = new URLSearchParams(new FormData(form));
  // What the form carries to the server is for no address.
  for (const name of ['key', 'csrf']) chosen.delete(name);
  const url = `${form.getAttribute('action')}?${chosen}`;
  const response = await fetch(url);
  if (turn !== asked || !response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (turn !== asked) return;
  for (const id of ['code-html', 'code-react', 'code-wordpress']) {
    document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  }
  const [shown, next] = [document.querySelector('.shown'), page.querySelector('.shown')];
  for (const it of shown.querySelectorAll('.notice')) it.remove();
  shown.append(...next.querySelectorAll('.notice'));
  document.getElementById('preview').src = page.getElementById('preview').getAttribute('src');
  history.replaceState(null, '', url);
  ready();
});

// What a fan's QR code says stands behind the number sign, which no server sees: it goes into the form, and out of the address.
const scanned = document.querySelectorAll('form[data-scanned]');
if (scanned.length && location.hash.length > 1) {
  for (const form of scanned) form.elements.token.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  if (scanned.length === 1) scanned[0].requestSubmit();
}

const watching = document.getElementById('watching');
if (watching) {
  const stream = new EventSource(watching.dataset.stream);
  stream.addEventListener('watching', (event) => { watching.textContent = event.data; });
  addEventListener('pagehide', () => stream.close());
}

// Parts of the page have changed: say so, and do not lose the place of who works by keyboard.
document.addEventListener('htmx:after:swap', ({ detail }) => {
  const part = document.getElementById(detail.ctx.target?.id);
  if (!part) return;
  document.getElementById('said').textContent = part.dataset.say ?? '';
  if (document.activeElement === document.body) document.querySelector('#earlier a')?.focus();
  ready();
});
// What was refused or did not come is shown by the page itself, as without a script.
for (const name of ['htmx:response:error', 'htmx:error']) {
  document.addEventListener(name, ({ detail }) => {
    // A form with its mistakes is a part like others.
    if (detail.ctx.response?.status === 422) return;
    if (detail.ctx.sourceElement.matches('a, form')) location.assign(detail.ctx.request.action);
  });
}

const fresh = document.querySelector('.notice #key-text');
if (fresh) sessionStorage.setItem(KEY, fresh.textContent);
ready();

// Who chooses a day wants those days.
document.addEventListener('input', (event) => {
  const period = event.target.type === 'date' && event.target.form?.elements.period;
  if (period) period.value = 'custom';
});
