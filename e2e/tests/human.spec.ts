// Who signs up is checked to be no robot: the provider's page parts are played by the test, its server is one of the test's own.
import { Crease, expect, test } from '../fixtures';
import { link, noViolations } from '../newcomer';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const SECRET = 'a-secret-that-no-page-shows';
/** As the provider's script draws it: an element that fills a field of the form. */
const SCRIPT = `for (const it of document.querySelectorAll('.cf-turnstile')) {
  const field = Object.assign(document.createElement('input'), { type: 'hidden', name: 'cf-turnstile-response', value: 'right-' + crypto.randomUUID() });
  it.append(field, 'You are no robot');
}`;

let server: Server;
let crease: Crease;
const asked: URLSearchParams[] = [];
let says: (token: string) => Record<string, unknown>;

test.beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const fields = request.headers['content-type']?.includes('json') ? new URLSearchParams(Object.entries(JSON.parse(body))) : new URLSearchParams(body);
      asked.push(fields);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(says(fields.get('response') ?? '')));
    });
  });
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  crease = await Crease.start({
    CREASE__HUMAN__PROVIDER: 'turnstile',
    CREASE__HUMAN__SITE_KEY: '0x4AAAAAAAtried',
    CREASE__HUMAN__SECRET: SECRET,
    // A check over HTTP is for this alone.
    CREASE__HUMAN__MODE: 'test',
    CREASE__HUMAN__API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`,
  });
});

test.afterAll(async () => {
  await crease?.stop();
  server.close();
});

test.beforeEach(async ({ page }) => {
  asked.length = 0;
  says = () => ({ success: true, challenge_ts: new Date().toISOString(), hostname: 'localhost', action: 'sign_up' });
  await page.route('https://challenges.cloudflare.com/**', (route) => route.fulfill({ contentType: 'text/javascript', body: SCRIPT }));
});

test('who is no robot signs up, and the page shows nothing of the secret @chromium', async ({ page }) => {
  const refused: string[] = [];
  page.on('console', (it) => it.type() === 'error' && refused.push(it.text()));
  await page.goto(`${crease.url}/console/sign-up`);
  await expect(page.getByRole('group', { name: 'Check that you are no robot' })).toContainText('You are no robot');
  expect(await page.content()).not.toContain(SECRET);
  await noViolations(page);
  if (process.env.SHOTS) await page.screenshot({ path: 'shots/human.png', fullPage: true });
  await page.getByLabel('Work e-mail').fill('asha@dailycover.example');
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  expect(asked.map((it) => [it.get('secret'), it.get('response')])).toEqual([[SECRET, expect.stringMatching(/^right-/)]]);
  expect(await link(crease, 'asha@dailycover.example')).toContain('/console/welcome/');
  expect(refused).toEqual([]);
});

test('who is taken for a robot is told so, keeps the words, and tries again @chromium', async ({ page }) => {
  says = () => ({ success: false, 'error-codes': ['invalid-input-response'] });
  await page.goto(`${crease.url}/console/sign-up`);
  await page.getByLabel('Work e-mail').fill('ravi@dailycover.example');
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await expect(page.locator('#human-mistake')).toBeVisible();
  await expect(page.getByLabel('Work e-mail')).toHaveValue('ravi@dailycover.example');
  await noViolations(page);
  says = () => ({ success: true, challenge_ts: new Date().toISOString(), hostname: 'localhost', action: 'sign_up' });
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  expect(new Set(asked.map((it) => it.get('response'))).size, 'another token each time').toBe(2);
});

test('a token of another action or another host opens nothing @chromium', async ({ page }) => {
  for (const wrong of [{ action: 'sign_in' }, { hostname: 'dailycover.evil.example' }]) {
    says = () => ({ success: true, challenge_ts: new Date().toISOString(), hostname: 'localhost', action: 'sign_up', ...wrong });
    await page.goto(`${crease.url}/console/sign-up`);
    await page.getByLabel('Work e-mail').fill('mira@dailycover.example');
    await page.getByRole('button', { name: 'Send me the link' }).click();
    await expect(page.locator('#human-mistake')).toBeVisible();
  }
  expect(await crease.letters('mira@dailycover.example')).toEqual([]);
});

test('where the script of the provider does not come, the form is sent without, and says what to do @chromium', async ({ page }) => {
  await page.route('https://challenges.cloudflare.com/**', (route) => route.abort());
  says = () => ({ success: false, 'error-codes': ['invalid-input-response'] });
  await page.goto(`${crease.url}/console/sign-up`);
  await page.getByLabel('Work e-mail').fill('late@dailycover.example');
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await expect(page.locator('#human-mistake')).toBeVisible();
  expect(await crease.letters('late@dailycover.example')).toEqual([]);
});
