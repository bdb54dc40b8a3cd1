// Passkeys: asks the browser with the options that the server gave, and sends its answer with the form (WebAuthn Level 3 §5.1.8 to 10).
// Where a browser has none, the forms for them stay hidden.

const known = typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';

function say(form, text) {
  const said = form.querySelector('[data-said]');
  said.textContent = text;
  said.hidden = !text;
}

async function ask(form) {
  const fields = new FormData(form);
  for (const name of ['answer', 'token']) fields.delete(name);
  const begun = await fetch(form.dataset.begin, { method: 'POST', body: new URLSearchParams(fields) });
  if (begun.redirected) { location.reload(); return false; }
  const { token, options, problem } = await begun.json();
  if (!begun.ok) { say(form, problem ?? 'Not now: try again in a moment.'); return false; }
  const makes = form.dataset.passkey === 'create';
  const credential = makes
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
  form.elements.token.value = token;
  form.elements.answer.value = JSON.stringify(credential.toJSON());
  return true;
}

for (const form of known ? document.querySelectorAll('form[data-passkey]') : []) {
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    say(form, '');
    try {
      if (await ask(form)) form.submit();
    } catch (error) {
      // Turned away by the person, by the device, or because it has the passkey already.
      say(form, error.name === 'InvalidStateError' ? 'This device has a passkey of this account already.' : 'No passkey was used. You can try again.');
    }
  });
}
