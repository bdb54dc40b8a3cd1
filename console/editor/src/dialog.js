// What is asked for beside the text: where a link leads, which picture, what to show.
import { href } from './schema.js';

let dialogs = 0;

function make(title) {
  dialogs += 1;
  const dialog = document.createElement('dialog');
  dialog.className = 'rich-dialog';
  const form = document.createElement('form');
  form.method = 'dialog';
  const heading = document.createElement('h2');
  heading.id = `rich-dialog-${dialogs}`;
  heading.textContent = title;
  dialog.setAttribute('aria-labelledby', heading.id);
  form.append(heading);
  dialog.append(form);
  return { dialog, form };
}

function field(label, value) {
  const input = document.createElement('input');
  input.type = 'text';
  input.value = value;
  const around = document.createElement('label');
  around.append(label, input);
  return { around, input };
}

function button(text, kind, act) {
  const it = document.createElement('button');
  it.type = kind;
  it.textContent = text;
  if (act) it.addEventListener('click', act);
  return it;
}

/** Resolves with what was chosen, at once so that what is typed next comes behind it; with undefined when it was left. */
function ask({ dialog }, start) {
  return new Promise((resolve) => {
    const settle = (value) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    // By Escape.
    dialog.addEventListener('close', () => settle(undefined), { once: true });
    document.body.append(dialog);
    start(settle);
    dialog.showModal();
  });
}

/** Where a link leads: an address, null for none any more, undefined for as it was. */
export function askLink(before) {
  const asking = make('Link');
  const { around, input } = field('Address', before);
  input.inputMode = 'url';
  const wrong = document.createElement('p');
  wrong.setAttribute('role', 'alert');
  wrong.className = 'rich-wrong';
  return ask(asking, (settle) => {
    asking.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const to = href(input.value);
      if (to !== null) return settle(to);
      wrong.textContent = 'An address begins with https:// or mailto:, or with / on this site.';
      input.setAttribute('aria-invalid', 'true');
      return input.focus();
    });
    const buttons = document.createElement('p');
    buttons.append(button('Set the link', 'submit'));
    if (before) buttons.append(button('Remove the link', 'button', () => settle(null)));
    buttons.append(button('Cancel', 'button', () => settle(undefined)));
    asking.form.append(around, wrong, buttons);
    input.select();
  });
}

/** One of what `url` answers to `?q=`: `[{id, label, kind?, thumbnail?}]`. */
export function askOne(title, url) {
  const asking = make(title);
  const { around, input } = field('Search', '');
  const list = document.createElement('ul');
  list.className = 'rich-found';
  const said = document.createElement('p');
  said.setAttribute('role', 'status');
  return ask(asking, (settle) => {
    let asked = '';
    let timer = 0;
    let drawn = '';
    const look = async () => {
      const query = input.value.trim();
      asked = query;
      const answer = await fetch(`${url}${url.includes('?') ? '&' : '?'}q=${encodeURIComponent(query)}`, {
        headers: { accept: 'application/json' },
      }).catch(() => null);
      const found = answer?.ok ? await answer.json().catch(() => null) : null;
      if (asked !== query) return;
      said.textContent = found === null ? 'They cannot be had now: try again' : found.length === 0 ? 'Nothing found' : `${found.length} found`;
      // What is there stays: somebody may be pressing it just now.
      if (drawn === JSON.stringify(found)) return;
      drawn = JSON.stringify(found);
      list.replaceChildren(
        ...(found ?? []).map((one) => {
          const item = document.createElement('li');
          const choose = button('', 'button', () => settle(one));
          if (one.thumbnail) {
            const picture = document.createElement('img');
            picture.src = one.thumbnail;
            picture.alt = '';
            choose.append(picture);
          }
          const words = document.createElement('span');
          words.textContent = one.kind ? `${one.label} (${one.kind})` : one.label;
          choose.append(words);
          item.append(choose);
          return item;
        }),
      );
    };
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(look, 150);
    });
    asking.form.addEventListener('submit', (event) => {
      event.preventDefault();
      look();
    });
    asking.form.append(around, said, list, button('Cancel', 'button', () => settle(undefined)));
    look();
  });
}
