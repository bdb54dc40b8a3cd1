// The buttons above the text. One stop of the tabulator; arrows go from one to the next (ARIA's toolbar pattern).
import { askLink, askOne } from './dialog.js';

/** What it is called, what is on it where that is shorter, what it does to the text (`set`) or asks first (`ask`), and what is on at the caret. */
const buttons = ({ media, embeds, mentions }) =>
  [
    { label: 'Bold', sign: 'B', set: (it) => it.toggleBold(), mark: 'bold', keys: 'Control+B' },
    { label: 'Italic', sign: 'I', set: (it) => it.toggleItalic(), mark: 'italic', keys: 'Control+I' },
    { label: 'Strike through', sign: 'S', set: (it) => it.toggleStrike(), mark: 'strike', keys: 'Control+Shift+S' },
    { label: 'Heading', set: (it) => it.toggleHeading({ level: 2 }), mark: 'heading', attrs: { level: 2 }, keys: 'Control+Alt+2' },
    { label: 'Subheading', set: (it) => it.toggleHeading({ level: 3 }), mark: 'heading', attrs: { level: 3 }, keys: 'Control+Alt+3' },
    { label: 'List', set: (it) => it.toggleBulletList(), mark: 'bulletList', keys: 'Control+Shift+8' },
    { label: 'Numbered list', sign: 'Numbered', set: (it) => it.toggleOrderedList(), mark: 'orderedList', keys: 'Control+Shift+7' },
    { label: 'Quote', set: (it) => it.toggleBlockquote(), mark: 'blockquote', keys: 'Control+Shift+B' },
    { label: 'Line', set: (it) => it.setHorizontalRule() },
    { label: 'Link', ask: link, mark: 'link', keys: 'Control+K' },
    media && { label: 'Picture', ask: (editor) => pick(editor, 'Picture', media, picture) },
    embeds && { label: 'Match or player', sign: 'Match', ask: (editor) => pick(editor, 'Match, player or quiz', embeds, embed) },
    mentions && { label: 'Name somebody', sign: 'Name', ask: name },
    { label: 'Undo', set: (it) => it.undo(), can: (it) => it.undo(), keys: 'Control+Z' },
    { label: 'Redo', set: (it) => it.redo(), can: (it) => it.redo(), keys: 'Control+Shift+Z' },
  ].filter(Boolean);

const picture = ({ id }) => ({ type: 'image', attrs: { media: id } });
const embed = ({ kind, id, label }) => ({ type: 'embed', attrs: { kind, id, label: label.slice(0, 120) } });

export async function link(editor) {
  const before = editor.getAttributes('link').href ?? '';
  const { from, to, empty } = editor.state.selection;
  const answer = await askLink(before);
  const chain = editor.chain().focus();
  if (answer === undefined) return chain.run();
  if (answer === null) return chain.extendMarkRange('link').unsetMark('link').run();
  if (before) return chain.extendMarkRange('link').setMark('link', { href: answer }).run();
  if (!empty) return chain.setTextSelection({ from, to }).setMark('link', { href: answer }).run();
  return chain.insertContent({ type: 'text', text: answer, marks: [{ type: 'link', attrs: { href: answer } }] }).run();
}

/** What is chosen comes behind what is there, and never in its place; at the end there is a line to go on in. */
async function pick(editor, title, url, node) {
  const one = await askOne(title, url);
  const chain = editor.chain().focus();
  if (!one) return chain.run();
  const { doc, selection } = editor.state;
  const { $to } = selection;
  const isEmpty = $to.depth === 1 && $to.parent.isTextblock && $to.parent.content.size === 0;
  const from = isEmpty ? $to.before(1) : $to.depth > 0 ? $to.after(1) : selection.to;
  const to = isEmpty ? $to.after(1) : from;
  const content = to === doc.content.size ? [node(one), { type: 'paragraph' }] : node(one);
  return chain.insertContentAt({ from, to }, content).run();
}

/** The same as typing it: the list opens. */
function name(editor) {
  const { $from } = editor.state.selection;
  const before = $from.parent.textBetween(Math.max($from.parentOffset - 1, 0), $from.parentOffset, undefined, '\ufffc');
  editor.chain().focus().insertContent(before === '' || /\s/.test(before) ? '@' : ' @').run();
}

export function toolbar(editor, label, urls) {
  const bar = document.createElement('div');
  bar.className = 'rich-bar';
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', `${label}: how it looks`);
  bar.setAttribute('aria-controls', editor.view.dom.id);
  const all = buttons(urls).map((one) => {
    const it = document.createElement('button');
    const keys = one.keys?.replace('Control', navigator.platform?.startsWith('Mac') ? '⌘' : 'Ctrl');
    it.type = 'button';
    it.textContent = one.sign ?? one.label;
    it.setAttribute('aria-label', one.label);
    it.title = keys ? `${one.label} (${keys})` : one.label;
    if (one.keys) it.setAttribute('aria-keyshortcuts', one.keys);
    // The text keeps what is chosen in it.
    it.addEventListener('mousedown', (event) => event.preventDefault());
    it.addEventListener('click', () => (one.ask ? one.ask(editor) : one.set(editor.chain().focus()).run()));
    bar.append(it);
    return { it, ...one };
  });

  let stop = 0;
  const stopAt = (at) => {
    stop = (at + all.length) % all.length;
    all.forEach(({ it }, index) => {
      it.tabIndex = index === stop ? 0 : -1;
    });
  };
  stopAt(0);
  bar.addEventListener('keydown', (event) => {
    const to = { ArrowRight: stop + 1, ArrowLeft: stop - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    stopAt(to);
    all[stop].it.focus();
  });
  bar.addEventListener('focusin', ({ target }) => stopAt(all.findIndex(({ it }) => it === target)));

  const show = () => {
    for (const { it, mark, attrs, can } of all) {
      if (mark) it.setAttribute('aria-pressed', String(editor.isActive(mark, attrs)));
      // Not `disabled`: who stands on it would lose the focus.
      if (can) it.setAttribute('aria-disabled', String(!can(editor.can())));
    }
  };
  editor.on('transaction', show);
  show();
  return bar;
}
