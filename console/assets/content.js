// What plain HTML cannot do in the newsroom. Without this file a form is sent by its button, and a page is loaded again.

const HOME = '/console/content';
const WAIT_MS = 120;

// On a phone the tab that one is in may stand beyond the edge.
for (const it of document.querySelectorAll('.tabs [aria-current], .kinds [aria-current]')) it.scrollIntoView({ inline: 'center', block: 'nearest' });

// All of a list at once.
const all = document.querySelector('[data-all]');
const boxes = [...document.querySelectorAll('#bulk [name=entry]')];
function count() {
  const chosen = boxes.filter((it) => it.checked).length;
  all.checked = chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
  document.querySelector('[data-chosen]').textContent = chosen === 0 ? 'With what is chosen:' : `With ${chosen} chosen:`;
}
if (all) {
  all.hidden = false;
  all.addEventListener('change', () => {
    for (const it of boxes) it.checked = all.checked;
    count();
  });
  for (const it of boxes) it.addEventListener('change', count);
}

// The palette: anywhere by a few letters.
let palette = null;

function open() {
  if (palette?.open) return;
  palette ??= make();
  palette.showModal();
  const input = palette.querySelector('input');
  input.value = '';
  look(input, palette.querySelector('ul'), palette.querySelector('[role=status]'));
}

function make() {
  const dialog = document.createElement('dialog');
  dialog.className = 'palette';
  dialog.setAttribute('aria-label', 'Go to');
  const input = document.createElement('input');
  input.type = 'search';
  input.placeholder = 'Go to an entry or a page …';
  input.setAttribute('aria-label', 'Go to an entry or a page');
  const list = document.createElement('ul');
  const said = document.createElement('p');
  said.className = 'unseen';
  said.setAttribute('role', 'status');
  dialog.append(input, list, said);
  document.body.append(dialog);
  let timer = 0;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT_MS, input, list, said);
  });
  dialog.addEventListener('keydown', (event) => {
    const links = [...list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (event.key === 'Enter' && document.activeElement === input) links[0]?.click();
    else if (event.key === 'ArrowDown') links[Math.min(at + 1, links.length - 1)]?.focus();
    else if (event.key === 'ArrowUp') (at > 0 ? links[at - 1] : input).focus();
    else return;
    event.preventDefault();
  });
  // Beside it.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

async function look(input, list, said) {
  const query = input.value.trim();
  const answer = await fetch(`${HOME}/palette?q=${encodeURIComponent(query)}`, { headers: { accept: 'application/json' } }).catch(() => null);
  const found = answer?.ok ? await answer.json().catch(() => null) : null;
  if (input.value.trim() !== query) return;
  list.replaceChildren(
    ...(found ?? []).map((one) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.href = one.href;
      const label = document.createElement('span');
      label.textContent = one.label;
      const about = document.createElement('small');
      about.textContent = one.about;
      link.append(label, about);
      item.append(link);
      return item;
    }),
  );
  said.textContent = found === null ? 'It cannot be looked for now' : `${found.length} found`;
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !event.altKey && key === 'k') {
    event.preventDefault();
    open();
  } else if (key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.matches('input, textarea, select, [contenteditable=true]')) {
    const search = document.getElementById('search');
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
});
