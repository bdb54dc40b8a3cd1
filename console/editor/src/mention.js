// Naming somebody: "@" and a few letters, a list to choose from. The text keeps the focus; arrows, Enter and Escape steer.
import { Extension } from '@tiptap/core';
import { Plugin, PluginKey } from '@tiptap/pm/state';

/** What stands before the caret when somebody is to be named. */
const ASKING = /(?:^|[\s(\u201c"'])@([\p{L}\p{M}\p{N}.'\u2019-]{0,40}(?: [\p{L}\p{M}\p{N}.'\u2019-]{1,40})?)$/u;
const WAIT_MS = 120;
const SHOWN_MAX = 8;
const KINDS = ['player', 'team', 'match'];

let lists = 0;

/** `url` answers `?q=` with `[{id, label, kind}]`; `say` tells those who do not see the list. */
export const mentions = (url, say) =>
  Extension.create({
    name: 'mentions',
    addProseMirrorPlugins() {
      return url ? [plugin(this.editor, url, say)] : [];
    },
  });

function plugin(editor, url, say) {
  lists += 1;
  const list = document.createElement('ul');
  list.className = 'rich-list';
  list.id = `rich-list-${lists}`;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Who or what is named');
  list.hidden = true;
  let asked = null;
  let dismissed = null;
  let found = [];
  let chosen = 0;
  let timer = 0;

  const close = () => {
    list.hidden = true;
    found = [];
    clearTimeout(timer);
    editor.view.dom.removeAttribute('aria-activedescendant');
    editor.view.dom.removeAttribute('aria-controls');
  };

  const point = (at) => {
    chosen = (at + found.length) % found.length;
    [...list.children].forEach((it, index) => it.setAttribute('aria-selected', String(index === chosen)));
    editor.view.dom.setAttribute('aria-activedescendant', `${list.id}-${chosen}`);
  };

  const name = (one) => {
    const { from, to } = asked;
    close();
    editor
      .chain()
      .focus()
      .insertContentAt({ from, to }, { type: 'mention', attrs: one })
      .run();
  };

  const show = () => {
    list.replaceChildren(
      ...found.map((one, at) => {
        const item = document.createElement('li');
        item.id = `${list.id}-${at}`;
        item.setAttribute('role', 'option');
        const kind = document.createElement('small');
        kind.textContent = one.kind;
        item.append(one.label, ' ', kind);
        // Not on click: the text would lose the focus first.
        item.addEventListener('mousedown', (event) => {
          event.preventDefault();
          name(one);
        });
        return item;
      }),
    );
    if (found.length === 0) {
      say('Nobody of that name');
      return close();
    }
    // What is hidden has no place.
    list.hidden = false;
    const { left, bottom } = editor.view.coordsAtPos(asked.from);
    const around = list.offsetParent.getBoundingClientRect();
    const room = document.documentElement.clientWidth - list.offsetWidth - 8;
    list.style.left = `${Math.max(Math.min(left, room), 8) - around.left}px`;
    list.style.top = `${bottom - around.top + 4}px`;
    editor.view.dom.setAttribute('aria-controls', list.id);
    point(0);
    say(`${found.length} found: arrows choose, Enter takes`);
  };

  const ask = async (query) => {
    const answer = await fetch(`${url}${url.includes('?') ? '&' : '?'}q=${encodeURIComponent(query)}`, {
      headers: { accept: 'application/json' },
    }).catch(() => null);
    const all = answer?.ok ? await answer.json().catch(() => []) : [];
    // Meanwhile other letters may have come.
    if (asked?.query !== query) return;
    const isOne = (it) => KINDS.includes(it?.kind) && typeof it.id === 'string' && typeof it.label === 'string';
    found = all.filter(isOne).slice(0, SHOWN_MAX).map(({ id, label, kind }) => ({ kind, id, label: label.slice(0, 120) }));
    show();
  };

  const look = ({ selection }) => {
    const { $from, empty } = selection;
    const before = empty && $from.parent.isTextblock ? $from.parent.textBetween(0, $from.parentOffset, undefined, '\ufffc') : '';
    const match = ASKING.exec(before);
    if (!match) {
      asked = dismissed = null;
      return close();
    }
    const from = $from.pos - match[1].length - 1;
    if (dismissed === from) return undefined;
    if (asked?.query === match[1] && asked.from === from) return undefined;
    asked = { query: match[1], from, to: $from.pos };
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS, match[1]);
    return undefined;
  };

  return new Plugin({
    key: new PluginKey('mentions'),
    view(view) {
      view.dom.parentElement.append(list);
      view.dom.setAttribute('aria-autocomplete', 'list');
      return {
        update: (now, before) => {
          if (!before.doc.eq(now.state.doc) || !before.selection.eq(now.state.selection)) look(now.state);
        },
        destroy: () => {
          clearTimeout(timer);
          list.remove();
        },
      };
    },
    props: {
      handleKeyDown(view, event) {
        if (list.hidden) return false;
        if (event.key === 'ArrowDown') point(chosen + 1);
        else if (event.key === 'ArrowUp') point(chosen - 1);
        else if (event.key === 'Enter') name(found[chosen]);
        else if (event.key === 'Escape') {
          dismissed = asked.from;
          close();
        } else return false;
        return true;
      },
      handleDOMEvents: {
        blur: () => {
          close();
          return false;
        },
      },
    },
  });
}
