// What plain HTML cannot do in the newsroom. Without this file a form is sent by its button, and a page is loaded again.

// On a phone the tab that one is in may stand beyond the edge.
document.querySelector('.tabs [aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
