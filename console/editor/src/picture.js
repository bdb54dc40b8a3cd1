// A picture in the text, with its own words and its caption to be typed below it.

const FIELDS = [
  ['alt', 'What it shows here', 300],
  ['caption', 'Caption', 500],
];

/** How a picture is shown and written to, for Tiptap's `addNodeView`. */
export const pictureView = (thumbnail) => ({ node, editor, getPos }) => {
  let current = node;
  const dom = document.createElement('figure');
  dom.className = 'rich-picture';
  const picture = document.createElement('img');
  picture.loading = 'lazy';
  dom.append(picture);

  const change = (name, value) => {
    const { state, view } = editor;
    view.dispatch(state.tr.setNodeMarkup(getPos(), undefined, { ...current.attrs, [name]: value }));
  };
  const inputs = FIELDS.map(([name, label, max]) => {
    const input = document.createElement('input');
    input.type = 'text';
    input.maxLength = max;
    input.addEventListener('input', () => change(name, input.value));
    const around = document.createElement('label');
    around.append(label, input);
    dom.append(around);
    return [name, input];
  });

  const show = () => {
    const { media, alt } = current.attrs;
    const source = thumbnail.replace('{id}', encodeURIComponent(media));
    if (thumbnail && picture.getAttribute('src') !== source) picture.src = source;
    picture.alt = alt || `Picture ${media}`;
    for (const [name, input] of inputs) {
      // What somebody types is not written over.
      if (input !== document.activeElement && input.value !== current.attrs[name]) input.value = current.attrs[name];
    }
  };
  show();

  return {
    dom,
    update(next) {
      if (next.type !== current.type) return false;
      current = next;
      show();
      return true;
    },
    stopEvent: (event) => event.target instanceof HTMLInputElement,
    ignoreMutation: () => true,
  };
};
