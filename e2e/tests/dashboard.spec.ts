// A publisher comes in by a letter's link, names a site, copies the code, and pastes it into a page of that site.
import { expect, test } from '../fixtures';
import { link, noViolations, PASSWORD, signUp } from '../newcomer';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname ?? __dirname, '../..');

test('from signing up to the code on the clipboard, and the code works', async ({ crease, browser }) => {
  const context = await browser.newContext();
  if (test.info().project.name === 'chromium') await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: crease.url });
  const page = await context.newPage();
  const began = Date.now();
  await signUp(crease, page);
  await page.getByLabel('Address').fill('https://www.dailycover.example/sport');
  await page.getByRole('button', { name: 'Get the code' }).click();
  await expect(page.getByRole('heading', { name: 'The code for your page' })).toBeVisible();
  const code = await page.locator('#code-html').textContent();
  expect(code).toMatch(/data-key="crs_pk_live_[0-9A-Za-z]{36}"/);
  expect(code).toContain(`<crease-match match="${crease.demo.sandbox_match}" view="card">`);

  // The real widget, on the match that never ends.
  const widget = page.frameLocator('#preview').locator('crease-match');
  await expect(widget.locator('[part~="score"]').first()).toBeVisible();

  await page.getByRole('button', { name: 'Copy the HTML' }).click();
  await expect(page.locator('#said')).toHaveText('Copied.');
  expect(Date.now() - began, 'two minutes').toBeLessThan(120_000);
  if (test.info().project.name === 'chromium') {
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
  }

  // What was copied, on that site's page: the key opens the match there, and nowhere else.
  const key = code?.match(/crs_pk_live_\w+/)?.[0];
  const ask = (origin: string) =>
    fetch(`${crease.url}/v1/matches/${crease.demo.sandbox_match}`, { headers: { 'x-crease-key': key ?? '', origin } });
  expect((await ask('https://www.dailycover.example')).status).toBe(200);
  expect((await ask('https://www.dailycover.example.evil.example')).status).toBe(403);

  // Shown once: the next visit knows its first characters, and this tab the rest.
  await page.getByRole('link', { name: 'Embed' }).click();
  await expect(page.locator('#code-html')).toContainText(key ?? '-');
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.locator('#code-html')).toContainText(`${key?.slice(0, 16)}…`);
  await context.close();
});

test('who watches is counted, and where a key was refused it is allowed by a button @chromium', async ({ crease, page }) => {
  await signUp(crease, page);
  await page.getByLabel('Address').fill('https://www.dailycover.example');
  await page.getByRole('button', { name: 'Get the code' }).click();
  const code = await page.locator('#code-html').textContent();
  const key = code?.match(/crs_pk_live_\w+/)?.[0] ?? '';
  const ask = (path: string, origin: string) =>
    fetch(`${crease.url}/v1/matches/${crease.demo.sandbox_match}${path}`, { headers: { 'x-crease-key': key, origin } });
  const streams = await Promise.all([1, 2, 3].map(() => ask('/stream', 'https://www.dailycover.example')));
  expect(streams.map((it) => it.status)).toEqual([200, 200, 200]);
  for (let at = 0; at < 12; at += 1) expect((await ask('', 'https://shop.dailycover.example')).status).toBe(403);

  // Ten seconds later at most.
  await page.getByRole('link', { name: 'Usage' }).click();
  await expect(async () => {
    await page.reload();
    const tunedIn = page.locator('.sums div', { has: page.getByText('Fans who tuned in', { exact: true }) }).locator('dd').first();
    await expect(tunedIn).toHaveText('3', { timeout: 100 });
  }).toPass({ timeout: 20_000 });
  await page.getByLabel('When').selectOption('Last 24 hours');
  await page.getByLabel('Chart').selectOption('Minutes watched');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('Minutes watched, by the hour')).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toMatch(/^crease-usage-[\d-]+\.csv$/);
  await noViolations(page);
  if (process.env.SHOTS) {
    for (const width of [390, 820, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({ path: `shots/usage-${colorScheme}-${width}.png`, fullPage: true });
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByText('12 requests were refused')).toBeVisible();
  await page.getByRole('link', { name: 'See where, and allow them' }).click();
  if (process.env.SHOTS) await page.screenshot({ path: 'shots/sites-refused.png', fullPage: true });
  await page.getByRole('button', { name: 'Allow it' }).click();
  await expect(page.getByText('The address is allowed')).toBeVisible();
  await expect(async () => expect((await ask('', 'https://shop.dailycover.example')).status).toBe(200)).toPass();
  await Promise.all(streams.map((it) => it.body?.cancel()));
});

test('what is chosen is in the code and in the preview at once', async ({ crease, page }) => {
  await signUp(crease, page);
  await page.getByLabel('Address').fill('https://www.dailycover.example');
  await page.getByRole('button', { name: 'Get the code' }).click();
  await page.getByText('full', { exact: true }).click();
  await expect(page.locator('#code-html')).toContainText('view="full"');
  await page.getByLabel('Language').selectOption('hi');
  await expect(page.locator('#code-html')).toContainText('lang="hi"');
  await expect(page.frameLocator('#preview').locator('html')).toHaveAttribute('lang', 'hi');
  await page.getByLabel('Tone').selectOption('plain');
  for (const code of ['html', 'react', 'wordpress']) await expect(page.locator(`#code-${code}`)).toContainText('lang="hi" tone="plain"');
  await expect(page.frameLocator('#preview').locator('crease-match')).toHaveAttribute('tone', 'plain');
  await page.getByLabel('Text colour').fill('#ffffff');
  await expect(page.getByText('The text on the background, in the light theme: 1.0 to 1')).toBeVisible();
  await page.getByLabel('Background colour').fill('#fafafa');
  await page.getByLabel('Text colour').fill('#bbbbbb');
  await expect(page.locator('#code-html')).toContainText('--crease-paper: #fafafa; --crease-ink: #bbbbbb;');
  await expect(page.getByText('The text on the background: 1.8 to 1')).toBeVisible();
  await page.getByText('React', { exact: true }).click();
  await expect(page.locator('#code-react')).toContainText('view="full"');
  expect(compiled((await page.locator('#code-react').textContent()) ?? ''), 'the code compiles as it is').toBe('');
});

/** What TypeScript says against a partner's script; nothing where it compiles. */
function compiled(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'crease-tsx-'));
  const types = resolve(import.meta.dirname ?? __dirname, '../types');
  try {
    writeFileSync(join(folder, 'copied.tsx'), script);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(types, 'tsconfig.json'), files: ['copied.tsx'] }));
    const { stdout, stderr, status } = spawnSync(resolve(types, '../node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
    return status === 0 ? '' : stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a key is made, replaced and revoked, and the log says who did it @chromium', async ({ crease, page }) => {
  await signUp(crease, page);
  const home = page.url().replace('/start', '');
  await page.goto(`${home}/keys/new`);
  await page.getByLabel('Name').fill('Scores feed');
  await page.getByText('A server of ours').click();
  await page.getByRole('button', { name: 'Make the key' }).click();
  const text = (await page.locator('#key-text').textContent()) ?? '';
  expect(text).toMatch(/^crs_sk_live_/);
  const opens = async (key: string) =>
    (await fetch(`${crease.url}/v1/matches`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await opens(text)).toBe(200);

  await page.goto(`${home}/keys`);
  await page.getByRole('link', { name: 'Scores feed' }).click();
  await page.getByRole('button', { name: 'Make the new key' }).click();
  const renewed = (await page.locator('#key-text').textContent()) ?? '';
  expect(renewed).not.toBe(text);
  expect([await opens(text), await opens(renewed)]).toEqual([200, 200]);

  await page.goto(`${home}/keys`);
  await page.getByRole('row', { name: /works/ }).getByRole('link').click();
  await page.getByRole('button', { name: 'Revoke the key' }).click();
  await expect(page.getByRole('alert')).toContainText('Tick the box');
  await page.getByLabel('I know that it is not needed any more').check();
  await page.getByRole('button', { name: 'Revoke the key' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The key is revoked.' })).toBeVisible();
  expect([await opens(text), await opens(renewed)]).toEqual([200, 401]);

  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.locator('.log li').first()).toContainText('key.revoke');
  await expect(page.locator('.log')).toContainText('Asha Rao (user)');
  await expect(page.locator('.log')).not.toContainText(renewed);
});

test('somebody who is invited joins, and may do what the role says @chromium', async ({ crease, browser, page }) => {
  await signUp(crease, page);
  const home = page.url().replace('/start', '');
  await page.goto(`${home}/team`);
  const email = `analyst-${test.info().project.name}@dailycover.example`;
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('combobox', { name: 'Role', exact: true }).selectOption('analyst');
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await expect(page.getByText(email)).toBeVisible();

  const context = await browser.newContext();
  const invited = await context.newPage();
  await invited.goto(await link(crease, email));
  await expect(invited.getByRole('heading', { name: 'Join The Daily Cover' })).toBeVisible();
  await invited.getByLabel('Your name').fill('Ben Okri');
  await invited.getByLabel('Password').fill(PASSWORD);
  await invited.getByRole('button', { name: 'Create the account and join' }).click();
  await expect(invited.getByText('Welcome to the team.').first()).toBeVisible();
  await expect(invited.getByRole('link', { name: 'Audit log' })).toHaveCount(0);
  for (const path of ['/keys/new', '/sites/new', '/audit', '/settings', '/start']) {
    expect((await invited.goto(home + path))?.status(), path).toBe(403);
  }
  await context.close();
});

test('a webhook is told, signed, and told again @chromium', async ({ crease, page }) => {
  const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
  let status = 500;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      heard.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(status).end('thanks');
    });
  });
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  const { port } = server.address() as AddressInfo;
  await signUp(crease, page);
  const home = page.url().replace('/start', '');
  await page.goto(`${home}/webhooks/new`);
  await page.getByLabel('Address').fill(`http://127.0.0.1:${port}/hooks`);
  await page.getByRole('button', { name: 'Add the webhook' }).click();
  const secret = (await page.locator('#secret-text').textContent()) ?? '';
  expect(secret).toMatch(/^whsec_/);
  await page.getByRole('link', { name: 'To the webhook' }).click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect.poll(() => heard.length).toBe(1);
  // What becomes of it is seen without loading the page again.
  await page.evaluate(() => Object.assign(window, { isTheSame: true }));
  await expect(page.locator('#messages tr')).toContainText('waiting');
  await expect(page.locator('#messages td').last()).toHaveText('1');
  expect(await page.evaluate(() => 'isTheSame' in window)).toBe(true);
  const { headers, body } = heard[0]!;
  const signed = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    .digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signed}`);
  expect(JSON.parse(body)).toMatchObject({ type: 'webhook.test' });
  // The check that the docs print.
  const { isFromCrease } = (await import(join(ROOT, 'examples/webhooks/verify.mjs'))) as { isFromCrease: (...it: unknown[]) => boolean };
  expect(isFromCrease(secret, headers, body)).toBe(true);
  const changes: [string, unknown, string][] = [
    [secret, headers, `${body} `],
    [secret, { ...headers, 'webhook-timestamp': `${Number(headers['webhook-timestamp']) - 301}` }, body],
    [secret, { ...headers, 'webhook-signature': 'v1,' }, body],
    [secret, {}, body],
    [`whsec_${Buffer.from('another').toString('base64')}`, headers, body],
  ];
  for (const changed of changes) expect(isFromCrease(...changed)).toBe(false);

  const own = page.url().split('?')[0]!;
  await page.goto(own);
  await page.getByRole('link', { name: 'webhook.test' }).click();
  await expect(async () => {
    await page.reload();
    await expect(page.locator('.rows')).toContainText('500', { timeout: 500 });
  }).toPass();
  status = 204;
  await page.getByRole('button', { name: 'Send it again' }).click();
  await expect.poll(() => heard.length).toBeGreaterThan(1);
  expect(heard[1]!.headers['webhook-id']).toBe(headers['webhook-id']);
  await expect(async () => {
    await page.goto(own);
    await expect(page.getByRole('row', { name: /webhook.test/ })).toContainText('delivered', { timeout: 500 });
  }).toPass();
  await page.getByLabel('Address').fill('ftp://example.com');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await noViolations(page);
  server.close();
});

test('a part of a page changes without the page, and who is signed out meanwhile is sent to sign in @chromium', async ({ crease, page }) => {
  await signUp(crease, page);
  const home = page.url().replace('/start', '');
  const isTheSame = () => page.evaluate(() => 'isTheSame' in window);
  const mark = () => page.evaluate(() => Object.assign(window, { isTheSame: true }));
  await page.goto(`${home}/usage`);
  await mark();
  await page.getByLabel('When').focus();
  await page.getByLabel('When').selectOption('Last 24 hours');
  await expect(page.locator('#said')).toHaveText('The figures are those that you asked for.');
  await expect(page).toHaveURL(/period=24h/);
  await expect(page.getByRole('link', { name: 'Download CSV' })).toHaveAttribute('href', /period=24h/);
  await expect(page.getByLabel('When')).toBeFocused();
  expect(await isTheSame()).toBe(true);
  await page.goBack();
  await expect(page.getByLabel('When')).toHaveValue('7d');
  await expect.poll(isTheSame).toBe(false);
  await mark();
  await page.getByRole('textbox', { name: 'From' }).fill('2026-11-02');
  await page.getByRole('textbox', { name: 'To' }).fill('2026-11-01');
  await expect(page.locator('#figures').getByRole('alert')).toBeVisible();
  expect(await isTheSame()).toBe(true);

  // More lines than the log has on a page.
  await page.goto(`${home}/settings`);
  const renamed = await page.evaluate(async () => {
    const form = document.querySelector<HTMLFormElement>('main form')!;
    const answers: number[] = [];
    for (let at = 0; at < 55; at += 1) {
      const body = new URLSearchParams({ csrf: (form.elements.namedItem('csrf') as HTMLInputElement).value, name: `The Daily Cover ${at}` });
      answers.push((await fetch(form.action, { method: 'POST', body })).status);
    }
    return answers;
  });
  expect(new Set(renamed)).toEqual(new Set([200]));
  await page.goto(`${home}/audit`);
  await mark();
  const lines = page.locator('#log > li');
  await page.getByLabel('Look for').fill('organisation.rename');
  await expect(lines).toHaveCount(50);
  await expect(page).toHaveURL(/about=organisation/);
  await page.getByRole('link', { name: 'Earlier' }).press('Enter');
  await expect(lines).toHaveCount(55);
  await expect(lines.last()).toContainText('organisation.rename');
  await expect(page.getByRole('link', { name: 'Earlier' })).toHaveCount(0);
  await expect(page.locator('#said')).toHaveText('The log shows what you asked for.');
  expect(await isTheSame()).toBe(true);
  await noViolations(page);

  await page.context().clearCookies();
  await page.getByLabel('Look for').fill('key');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('the docs have the own addresses, and lead to what they name @chromium', async ({ crease, page }) => {
  await signUp(crease, page);
  await page.getByLabel('Address').fill('https://www.dailycover.example');
  await page.getByRole('button', { name: 'Get the code' }).click();
  const key = ((await page.locator('#key-text').textContent()) ?? '').slice(0, 16);
  await page.getByRole('link', { name: 'Docs', exact: true }).click();
  await expect(page.locator('#docs-html')).toContainText(`src="${crease.url}/v1/crease.js" data-key="${key}…"`);
  await expect(page.locator('#docs-me')).toContainText('-H "Origin: https://www.dailycover.example"');
  await expect(page.locator('#docs-policy')).toHaveText(`script-src ${crease.url} 'wasm-unsafe-eval'; connect-src ${crease.url}`);
  await page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: 'Webhooks' }).click();
  await expect(page).toHaveURL(/#webhooks$/);
  await expect(page.getByRole('heading', { name: 'Webhooks' })).toBeInViewport();
  const links = await page.locator('main a').evaluateAll((all) => all.map((it) => (it as HTMLAnchorElement).href));
  for (const to of new Set(links.filter((it) => it.startsWith(crease.url)))) {
    if (to.includes('#')) await expect(page.locator(new URL(to).hash), to).toHaveCount(1);
    else expect((await page.request.get(to)).status(), to).toBe(200);
  }
});

test('a passkey signs in without a password @chromium', async ({ crease, browser }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const email = await signUp(crease, page);
  await page.goto(`${crease.url}/console/account`);
  const adding = page.locator('#passkeys form[data-passkey]');
  await adding.getByLabel('Name').fill('My laptop');
  await adding.getByLabel('Password').fill('not it');
  await adding.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(adding.getByRole('alert')).toHaveText('That is not your password.');
  await adding.getByLabel('Password').fill(PASSWORD);
  await adding.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeVisible();
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await expect(page.locator('#passkeys')).toContainText('My laptop');
  await noViolations(page);

  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByText('The Daily Cover').first()).toBeVisible();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();

  // The password alone is half of it.
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByText('The Daily Cover').first()).toBeVisible();

  await page.goto(`${crease.url}/console/account`);
  await page.getByLabel('Password, to take away My laptop').fill(PASSWORD);
  await page.getByRole('button', { name: 'Take away My laptop' }).click();
  await expect(page.locator('#passkeys')).toContainText('None.');
  await context.close();
});

test('signed out there is nothing to see, and signed in the devices can be signed out', async ({ crease, browser, page }) => {
  const email = await signUp(crease, page);
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(`${crease.url}/console`);
  await other.getByLabel('E-mail').fill(email);
  await other.getByLabel('Password').fill('not the password');
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(other.getByRole('alert')).toContainText('That is not the address and the password');
  await other.getByLabel('E-mail').fill(email);
  await other.getByLabel('Password').fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(other.getByRole('heading', { name: 'Overview' })).toBeVisible();

  await page.goto(`${crease.url}/console/account`);
  await expect(page.locator('#devices li')).toHaveCount(2);
  await page.getByRole('button', { name: 'Sign out all others' }).click();
  await expect(page.locator('#devices li')).toHaveCount(1);
  await other.reload();
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await context.close();
});

// Between the two, what axe looks at is one or the other.
for (const [width, theme] of [[390, 'dark'], [820, 'dark'], [1280, 'light']] as const) {
  test(`the dashboard fits ${width} px in ${theme}${width === 820 ? '' : ', and axe finds nothing'} @chromium`, async ({ crease, browser }) => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
    const page = await context.newPage();
    const look = async () => width === 820 || (await noViolations(page));
    await page.goto(`${crease.url}/console/sign-in`);
    await look();
    await signUp(crease, page);
    await page.getByLabel('Address').fill('https://www.dailycover.example');
    await page.getByRole('button', { name: 'Get the code' }).click();
    const home = page.url().replace('/start', '');
    const parts = ['/embed', '/sites', '/sites/new', '/keys', '/keys/new', '/identity', '/identity/new', '/usage', '/webhooks', '/webhooks/new', '/docs'];
    for (const path of ['', ...parts, '/team', '/audit', '/settings']) {
      await page.goto(home + path);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `${path} at ${width} px`).toBeLessThanOrEqual(width);
      await look();
      if (process.env.SHOTS) {
        await page.screenshot({ path: `shots/dashboard${path.replaceAll('/', '-')}-${width}.png`, fullPage: true });
      }
    }
    await page.goto(`${crease.url}/console/account`);
    await look();
    if (process.env.SHOTS) await page.screenshot({ path: `shots/account-${width}.png`, fullPage: true });
    await context.close();
  });
}
