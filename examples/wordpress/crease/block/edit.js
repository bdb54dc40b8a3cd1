// The block in the editor: what to show is chosen here, the score itself is drawn on the page. No build: WordPress brings React.
(function (wp) {
  const { createElement: el, Fragment } = wp.element;
  const { __, sprintf } = wp.i18n;
  const { InspectorControls, PanelColorSettings, useBlockProps } = wp.blockEditor;
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
  const LANGUAGES = [
    { value: '', label: __('As the page is', 'crease') },
    { value: 'en', label: 'English' },
    { value: 'hi', label: 'हिन्दी' },
    { value: 'bn', label: 'বাংলা' },
    { value: 'ta', label: 'தமிழ்' },
    { value: 'te', label: 'తెలుగు' },
    { value: 'mr', label: 'मराठी' },
    { value: 'ur', label: 'اردو' },
  ];
  const TONES = [
    { value: '', label: __('As usual', 'crease') },
    { value: 'plain', label: __('Plain', 'crease') },
  ];
  const COLOURS = [
    ['paper', __('Background', 'crease')],
    ['ink', __('Text', 'crease')],
    ['accent', __('Accent', 'crease')],
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
          el(SelectControl, { label: __('Language', 'crease'), value: attributes.lang, options: LANGUAGES, onChange: set('lang') }),
          el(SelectControl, { label: __('Tone', 'crease'), value: attributes.tone, options: TONES, onChange: set('tone') }),
          el(TextControl, {
            label: __('Corners', 'crease'),
            help: __('In pixels, 0 to 40; empty: as the theme has them.', 'crease'),
            type: 'number',
            min: 0,
            max: 40,
            value: attributes.radius,
            onChange: set('radius'),
          }),
        ),
        el(PanelColorSettings, {
          title: __('Colours', 'crease'),
          initialOpen: false,
          // One that is taken away is the theme's own again.
          colorSettings: COLOURS.map(([name, label]) => ({
            label,
            value: attributes[name] || undefined,
            onChange: (colour) => set(name)(colour || ''),
          })),
        }),
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
