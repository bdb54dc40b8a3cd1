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
  dialog.addEventListener('keydown', async (event) => {
    const links = [...list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (event.key === 'Enter' && document.activeElement === input) {
      event.preventDefault();
      // Whoever is quicker than the answer goes where it leads, and not where an older one did.
      if (list.dataset.of !== input.value.trim()) {
        clearTimeout(timer);
        await look(input, list, said);
      }
      if (list.dataset.of === input.value.trim()) list.querySelector('a')?.click();
      return;
    }
    if (event.key === 'ArrowDown') links[Math.min(at + 1, links.length - 1)]?.focus();
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
  list.dataset.of = query;
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

// Fields that name entries, pictures, matches or others: chosen from what is found.
customElements.define(
  'content-pick',
  class extends HTMLElement {
    connectedCallback() {
      const field = this.querySelector('[data-pick]');
      if (field && !field.querySelector(':scope > button')) picker(field);
    }
  },
);

function picker(field) {
  field.querySelector('.by-id').hidden = true;
  const button = document.createElement('button');
  button.type = 'button';
  const max = Number(field.dataset.max);
  const chosen = field.querySelector('ul.chosen');
  const words = () => {
    const count = chosen.querySelectorAll('input:checked').length;
    button.textContent = max === 1 && count > 0 ? 'Choose another' : 'Choose';
    button.disabled = max > 1 && count >= max;
    button.setAttribute('aria-label', `${button.textContent}: ${field.querySelector('legend').firstChild.textContent.trim()}`);
  };
  words();
  button.addEventListener('click', async () => {
    const one = await ask(field.querySelector('legend').firstChild.textContent.trim(), field.dataset.pick);
    if (one) choose(field, chosen, one, max);
    words();
    button.focus();
  });
  chosen.addEventListener('change', words);
  field.append(button);
}

function choose(field, chosen, one, max) {
  const boxes = [...chosen.querySelectorAll('input')];
  const there = boxes.find((it) => it.value === one.id);
  if (max === 1) for (const it of boxes) it.closest('li').remove();
  if (there && max !== 1) there.checked = true;
  else {
    const item = document.createElement('li');
    const label = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.name = field.dataset.name;
    box.value = one.id;
    box.checked = true;
    const words = document.createElement('span');
    words.textContent = one.label;
    label.append(box);
    if (one.thumbnail) {
      const picture = document.createElement('img');
      picture.src = one.thumbnail;
      picture.alt = '';
      label.append(picture);
    }
    label.append(words);
    if (one.about) {
      const about = document.createElement('small');
      about.className = 'muted';
      about.textContent = one.about;
      label.append(about);
    }
    item.append(label);
    chosen.append(item);
  }
  chosen.dispatchEvent(new Event('input', { bubbles: true }));
}

/** One of what an address finds; undefined when it was left. */
function ask(title, url) {
  const dialog = document.createElement('dialog');
  dialog.className = 'rich-dialog pick-dialog';
  const heading = document.createElement('h2');
  heading.id = 'pick-title';
  heading.textContent = title;
  dialog.setAttribute('aria-labelledby', heading.id);
  const around = document.createElement('label');
  const input = document.createElement('input');
  input.type = 'search';
  around.append('Search', input);
  const list = document.createElement('ul');
  list.className = 'rich-found';
  const said = document.createElement('p');
  said.className = 'muted';
  said.setAttribute('role', 'status');
  const cancel = document.createElement('button');
  cancel.type = 'button';
  cancel.textContent = 'Cancel';
  dialog.append(heading, around, said, list, cancel);
  document.body.append(dialog);
  return new Promise((resolve) => {
    const settle = (one) => {
      dialog.remove();
      resolve(one);
    };
    let wait = 0;
    let drawn = '';
    const look = async () => {
      const query = input.value.trim();
      const answer = await fetch(`${url}${url.includes('?') ? '&' : '?'}q=${encodeURIComponent(query)}`, { headers: { accept: 'application/json' } }).catch(() => null);
      const found = answer?.ok ? await answer.json().catch(() => null) : null;
      if (input.value.trim() !== query) return;
      said.textContent = found === null ? 'They cannot be had now: try again' : found.length === 0 ? 'Nothing found' : `${found.length} found`;
      // What is there stays: somebody may be pressing it just now.
      if (drawn === JSON.stringify(found)) return;
      drawn = JSON.stringify(found);
      list.replaceChildren(
        ...(found ?? []).map((one) => {
          const item = document.createElement('li');
          const button = document.createElement('button');
          button.type = 'button';
          if (one.thumbnail) {
            const picture = document.createElement('img');
            picture.src = one.thumbnail;
            picture.alt = '';
            button.append(picture);
          }
          const words = document.createElement('span');
          words.textContent = one.label;
          button.append(words);
          if (one.about) {
            const about = document.createElement('small');
            about.textContent = one.about;
            button.append(about);
          }
          button.addEventListener('click', () => settle(one));
          item.append(button);
          return item;
        }),
      );
    };
    input.addEventListener('input', () => {
      clearTimeout(wait);
      wait = setTimeout(look, 150);
    });
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') list.querySelector('button')?.click();
    });
    cancel.addEventListener('click', () => settle(undefined));
    // By Escape.
    dialog.addEventListener('close', () => settle(undefined));
    dialog.showModal();
    look();
  });
}
