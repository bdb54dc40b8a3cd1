// The block in the editor: what to show is chosen here, the score itself is drawn on the page. No build: WordPress brings React.
(function (wp) {
  const { createElement: el, Fragment } = wp.element;
  const { __, sprintf } = wp.i18n;
  const { InspectorControls, useBlockProps } = wp.blockEditor;
  const { PanelBody, Placeholder, SelectControl, TextControl } = wp.components;

  const VIEWS = [
    { value: 'compact', label: __('Compact: one line', 'crease') },
    { value: 'card', label: __('Card', 'crease') },
    { value: 'full', label: __('Full: ball by ball, scorecard', 'crease') },
  ];
  const THEMES = [
    { value: 'auto', label: __('As the reader’s system', 'crease') },
    { value: 'light', label: __('Light', 'crease') },
    { value: 'dark', label: __('Dark', 'crease') },
  ];

  function Edit({ attributes, setAttributes }) {
    const set = (name) => (value) => setAttributes({ [name]: value });
    const isMatch = /^mat_[0-9A-Za-z]{22}$/.test(attributes.match);
    const help = attributes.match && !isMatch ? __('A match is mat_ and 22 letters and digits.', 'crease') : __('From your dashboard.', 'crease');
    const view = VIEWS.find((it) => it.value === attributes.view).label;
    return el(
      Fragment,
      null,
      el(
        InspectorControls,
        null,
        el(
          PanelBody,
          { title: __('Look', 'crease') },
          el(SelectControl, { label: __('View', 'crease'), value: attributes.view, options: VIEWS, onChange: set('view') }),
          el(SelectControl, { label: __('Theme', 'crease'), value: attributes.theme, options: THEMES, onChange: set('theme') }),
        ),
      ),
      el(
        'div',
        useBlockProps(),
        el(
          Placeholder,
          { icon: 'awards', label: __('Live cricket', 'crease'), instructions: isMatch ? sprintf(__('Shown on the page. View: %s', 'crease'), view) : undefined },
          el(TextControl, { label: __('Match', 'crease'), value: attributes.match, help, onChange: (text) => set('match')(text.trim()) }),
        ),
      ),
    );
  }

  // What the page shows is made by the server.
  wp.blocks.registerBlockType('crease/match', { edit: Edit, save: () => null });
})(window.wp);
