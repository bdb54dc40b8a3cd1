// The human check: fits the provider's element to the page, and where nothing is seen asks for the token when the form is sent.
// Its provider's script runs after this file, or never: then the form says so in place of a token, and the server asks the provider whether
// that is our visitor's doing or its own.

const ABSENT = 'unavailable'; // no provider makes such a token
const WAITS_MS = 8000;
const WIDTH = 304; // of an element that is not compact

const dark = matchMedia('(prefers-color-scheme: dark)').matches;
for (const it of document.querySelectorAll('div[data-human]')) {
  it.dataset.theme = dark ? 'dark' : 'light';
  if (it.clientWidth < WIDTH) it.dataset.size = 'compact';
  const form = it.closest('form');
  form.addEventListener('submit', () => {
    const name = it.dataset.human;
    if (form.elements[name]) return;
    const field = Object.assign(document.createElement('input'), { type: 'hidden', name, value: ABSENT });
    form.append(field);
  });
}

async function ask({ human, sitekey, action }) {
  if (document.readyState !== 'complete') await new Promise((done) => { addEventListener('load', done, { once: true }); });
  const provider = human.split('.').reduce((it, name) => it?.[name], globalThis);
  if (!provider) return ABSENT;
  await new Promise((done) => { provider.ready(done); });
  return provider.execute(sitekey, { action });
}

for (const field of document.querySelectorAll('input[data-human]')) {
  let asking = false;
  field.form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    document.getElementById('said').textContent = 'Checking that you are no robot.';
    const late = new Promise((done) => { setTimeout(done, WAITS_MS, ABSENT); });
    field.value = await Promise.race([ask(field.dataset), late]).catch(() => ABSENT);
    asking = false;
    field.form.submit();
  });
}
