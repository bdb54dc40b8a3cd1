// What a text is made of: the same nodes, marks and attributes as `cms::text::Doc`, and no other. Whatever is pasted is read by this.
import { Mark, Node, mergeAttributes } from '@tiptap/core';
import { Blockquote } from '@tiptap/extension-blockquote';
import { Bold } from '@tiptap/extension-bold';
import { Document } from '@tiptap/extension-document';
import { HardBreak } from '@tiptap/extension-hard-break';
import { Heading } from '@tiptap/extension-heading';
import { HorizontalRule } from '@tiptap/extension-horizontal-rule';
import { Italic } from '@tiptap/extension-italic';
import { BulletList, ListItem, OrderedList } from '@tiptap/extension-list';
import { Paragraph } from '@tiptap/extension-paragraph';
import { Strike } from '@tiptap/extension-strike';
import { Text } from '@tiptap/extension-text';
import { Gapcursor, UndoRedo } from '@tiptap/extensions';
import { pictureView } from './picture.js';

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const START_MAX = 9999;
const LABEL_MAX = 120;

/** Where a link may lead, as `cms::text::Href` judges it once more; null where it may not. */
export function href(text) {
  const given = text.trim();
  // Browsers leave some of these out and read on.
  if (given.length > 2048 || /[\s\\\p{Cc}\p{Cf}]/u.test(given)) return null;
  if (/^(\/(?!\/)|#)/.test(given)) return given;
  try {
    const url = new URL(given);
    const isWeb = url.protocol === 'https:' && !url.username && !url.password;
    const isMail = url.protocol === 'mailto:' && /^[\w.+-]+@[\w-]+\.[\w.-]+$/.test(url.pathname) && !url.search && !url.hash;
    return isWeb || isMail ? given : null;
  } catch {
    return null;
  }
}

const Link = Mark.create({
  name: 'link',
  // What is typed behind a link is no part of it.
  inclusive: false,
  addAttributes: () => ({ href: {} }),
  parseHTML: () => [
    {
      tag: 'a[href]',
      getAttrs: (element) => {
        const to = href(element.getAttribute('href'));
        return to === null ? false : { href: to };
      },
    },
  ],
  // No address of the page itself is followed from here, and none is asked for.
  renderHTML: ({ mark }) => ['a', { href: mark.attrs.href, rel: 'noopener noreferrer' }, 0],
});

/** Somebody or something of the product, in a line. */
const Mention = Node.create({
  name: 'mention',
  group: 'inline',
  inline: true,
  atom: true,
  selectable: false,
  addAttributes: () => ({ kind: {}, id: {}, label: {} }),
  parseHTML: () => [
    { tag: 'span[data-mention]', getAttrs: (element) => named(element, 'mention', ['player', 'team', 'match'], element.textContent) },
  ],
  renderHTML: ({ node }) => [
    'span',
    { 'data-mention': node.attrs.kind, 'data-id': node.attrs.id, class: 'rich-mention' },
    node.attrs.label,
  ],
  renderText: ({ node }) => node.attrs.label,
});

/** Something of the product that is shown in the text. */
const Embed = Node.create({
  name: 'embed',
  group: 'block',
  atom: true,
  draggable: true,
  addAttributes: () => ({ kind: {}, id: {}, label: { default: '' } }),
  parseHTML: () => [
    { tag: 'div[data-embed]', getAttrs: (element) => named(element, 'embed', ['match', 'player', 'poll', 'quiz'], element.dataset.label ?? '') },
  ],
  renderHTML: ({ node }) => [
    'div',
    { 'data-embed': node.attrs.kind, 'data-id': node.attrs.id, 'data-label': node.attrs.label, class: 'rich-embed' },
    ['strong', {}, node.attrs.kind],
    ` ${node.attrs.label || node.attrs.id}`,
  ],
});

function named(element, kind, kinds, label) {
  const attrs = { kind: element.dataset[kind], id: element.dataset.id ?? '', label: label.trim().slice(0, LABEL_MAX) };
  const isOne = kinds.includes(attrs.kind) && ID.test(attrs.id) && (kind === 'embed' || attrs.label !== '');
  return isOne ? attrs : false;
}

/** A picture of the media: one of somewhere else is none. */
const Image = Node.create({
  name: 'image',
  group: 'block',
  atom: true,
  draggable: true,
  addOptions: () => ({ thumbnail: '' }),
  addAttributes: () => ({ media: {}, alt: { default: '' }, caption: { default: '' } }),
  parseHTML: () => [
    {
      tag: 'figure[data-media]',
      getAttrs: (element) => {
        const { media, alt = '', caption = '' } = element.dataset;
        return /^med_/.test(media) && ID.test(media) ? { media, alt: alt.slice(0, 300), caption: caption.slice(0, 500) } : false;
      },
    },
  ],
  renderHTML: ({ node }) => ['figure', { 'data-media': node.attrs.media, 'data-alt': node.attrs.alt, 'data-caption': node.attrs.caption }],
  addNodeView() {
    return pictureView(this.options.thumbnail);
  },
});

const clamped = (start) => Math.min(Math.max(Number.isInteger(start) ? start : 1, 0), START_MAX);

/** All of it. `thumbnail` is where a picture is shown small, with `{id}` in it. */
export const extensions = (thumbnail) => [
  Document,
  Paragraph,
  Text,
  HardBreak,
  Bold,
  Italic,
  Strike,
  Link,
  Blockquote,
  HorizontalRule,
  BulletList,
  OrderedList.extend({
    addAttributes: () => ({
      start: { default: 1, parseHTML: (element) => clamped(Number.parseInt(element.getAttribute('start') ?? '1', 10)) },
    }),
    // "1." that is pasted stays as it is.
    addProseMirrorPlugins: () => [],
  }),
  ListItem.extend({
    // The tabulator leads out of the text, as it does everywhere.
    addKeyboardShortcuts() {
      return {
        Enter: () => this.editor.commands.splitListItem('listItem'),
        'Mod-]': () => this.editor.commands.sinkListItem('listItem'),
        'Mod-[': () => this.editor.commands.liftListItem('listItem'),
      };
    },
  }),
  Heading.extend({
    addAttributes: () => ({ level: { default: 2, rendered: false } }),
    // A page's title is not in its text, and nothing is so deep that it needs a fourth.
    parseHTML: () => [1, 2, 3, 4, 5, 6].map((level) => ({ tag: `h${level}`, attrs: { level: level < 3 ? 2 : 3 } })),
    renderHTML: ({ node, HTMLAttributes }) => [`h${node.attrs.level}`, mergeAttributes(HTMLAttributes), 0],
  }).configure({ levels: [2, 3] }),
  Mention,
  Image.configure({ thumbnail }),
  Embed,
  Gapcursor,
  UndoRedo,
];
