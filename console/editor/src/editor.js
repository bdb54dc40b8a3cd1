// Rich text in a form: an element `data-rich` beside a textarea becomes an editor.
//
//   <div data-rich data-for="body" data-label="Body" data-doc="{…}" data-max-words="600"
//        data-mentions="/…" data-media="/…" data-embeds="/…" data-thumbnail="/…/{id}"></div>
//   <textarea name="body">The same as plain text</textarea>
//
// `data-doc` is the text as JSON (`cms::text::Doc`). The textarea is what the form sends. Without this script it is shown and has plain text; with it, it
// is hidden and has the editor's JSON from the first change on, each of which is an `input` event of it, for whoever saves. What was not
// changed is sent as it came, and the server keeps what it has (`Doc::submitted`). Nothing is ever written back into what somebody types.
import { Editor, Extension } from '@tiptap/core';
import { mentions } from './mention.js';
import { extensions } from './schema.js';
import { link, toolbar } from './toolbar.js';

let editors = 0;

const isDoc = (text) => text.startsWith('{"type":"doc"');

function start(host, textarea) {
  const read = () => (isDoc(textarea.value) ? textarea.value : host.dataset.doc);
  try {
    const text = read();
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function upgrade(host) {
  const scope = host.closest('form') ?? document;
  const textarea = scope.querySelector(`textarea[name="${CSS.escape(host.dataset.for)}"]`);
  if (!textarea || host.dataset.rich === 'on') return;
  host.dataset.rich = 'on';
  editors += 1;
  const { label = 'Text', thumbnail = '', mentions: names, media, embeds } = host.dataset;

  const said = document.createElement('p');
  said.className = 'unseen';
  said.setAttribute('role', 'status');
  const say = (words) => {
    said.textContent = words;
  };
  const place = document.createElement('div');
  place.className = 'rich-place';

  const keys = Extension.create({
    name: 'keys',
    addKeyboardShortcuts() {
      return {
        'Mod-k': () => {
          link(this.editor);
          return true;
        },
        // From the text to its buttons, where the tabulator would go backwards through all that is before.
        'Alt-F10': () => {
          host.querySelector('[role="toolbar"] [tabindex="0"]').focus();
          return true;
        },
      };
    },
  });

  const editor = new Editor({
    element: place,
    content: start(host, textarea),
    extensions: [...extensions(thumbnail), mentions(names, say), keys],
    // The page's own style sheet has what it needs, and a strict policy refuses others.
    injectCSS: false,
    // "# " and "1. " are what somebody typed.
    enableInputRules: false,
    enablePasteRules: false,
    editorProps: {
      attributes: {
        id: `rich-${editors}`,
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': label,
        class: 'rich-text',
        ...(textarea.lang ? { lang: textarea.lang } : {}),
      },
    },
  });

  const count = document.createElement('p');
  count.className = 'rich-count';
  const max = Number(host.dataset.maxWords) || 0;
  let isOver = false;
  const show = () => {
    const { doc } = editor.state;
    const words = doc.textBetween(0, doc.content.size, '\n', (leaf) => leaf.attrs.label && leaf.type.name === 'mention' ? leaf.attrs.label : leaf.isInline ? '\n' : '').split(/\s+/).filter(Boolean).length;
    count.textContent = max ? `${words} of ${max} words` : words === 1 ? '1 word' : `${words} words`;
    const wasOver = isOver;
    isOver = max > 0 && words > max;
    count.classList.toggle('rich-over', isOver);
    // Once, not with every letter.
    if (isOver !== wasOver) say(isOver ? `More than ${max} words` : `${max} words or fewer again`);
  };
  show();

  editor.on('update', () => {
    textarea.value = JSON.stringify(editor.getJSON());
    textarea.dispatchEvent(new Event('input', { bubbles: true }));
    show();
  });
  textarea.form?.addEventListener('reset', () => {
    // The form sets its fields after this event.
    queueMicrotask(() => {
      editor.commands.setContent(start(host, textarea) ?? '', { emitUpdate: false });
      show();
    });
  });

  textarea.hidden = true;
  textarea.required = false;
  // A label of the textarea leads to what is there instead.
  for (const it of textarea.labels ?? []) it.addEventListener('click', () => editor.commands.focus());
  host.replaceChildren(toolbar(editor, label, { media, embeds, mentions: names }), place, count, said);
}

function upgradeAll(root) {
  root.querySelectorAll('[data-rich]').forEach(upgrade);
}

upgradeAll(document);
// Parts of pages that are swapped in bring their own.
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (!(node instanceof Element) || node.closest('.rich-place')) continue;
      if (node.matches('[data-rich]')) upgrade(node);
      upgradeAll(node);
    }
  }
}).observe(document.body, { childList: true, subtree: true });
