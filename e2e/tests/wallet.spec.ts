// The fan's wallet on a partner's page: who sees it, how it changes, how it is used, and what it leaves alone.
import AxeBuilder from '@axe-core/playwright';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import { FakeWallet, KEY, points } from '../wallet';
import type { Page } from '@playwright/test';

const chip = (page: Page, at = 0) => page.locator('crease-wallet').nth(at).locator('.chip');
const panel = (page: Page) => page.locator('crease-wallet').getByRole('dialog');
const history = (page: Page) => panel(page).locator('.entry');
const news = (page: Page) => page.locator('crease-wallet').first().getByRole('status');

interface Opened {
  body?: string;
  /** What the page says to `Crease.identify`, unless it is silent. */
  token?: string | null;
  isSilent?: boolean;
  head?: string;
  lang?: string;
}

/** A page with a wallet and without the match's loader. */
async function open(wallet: FakeWallet, crease: Crease, page: Page, opened: Opened = {}): Promise<string[]> {
  const { body = '<crease-wallet></crease-wallet>', token = 'token-asha', isSilent = false, head = '', lang } = opened;
  const wrong = troubles(page);
  const queue = 'window.Crease = window.Crease || { q: [] }';
  const identify = `<script>${queue}; Crease.q.push(() => Crease.identify(${JSON.stringify(token)}))</script>`;
  const heads = [head, wallet.tag('crease-wallet.js'), isSilent ? '' : identify].join('');
  const main = `<main><h1>Cricket</h1>${body}<p><a href="#end">after</a></p></main>`;
  await openPartner(crease, page, { head: heads, script: null, lang, body: main });
  return wrong;
}

const identify = (page: Page, token: string | null) =>
  page.evaluate((token) => (window as any).Crease.identify(token), token);

test('a chip shows the points of who is signed in, and opens the wallet', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  wallet.balances = [
    points(1240, 40),
    { asset: 'coins', units: 250, available: 250, held: 0, places: 0 },
    { asset: 'inr', units: 12050, available: 12050, held: 0, places: 2 },
  ];
  wallet.entries = [
    wallet.entry(-12, 1240, 'purchase'),
    wallet.entry(30, 1252, 'grant', 'Six by Kohli'),
    wallet.entry(5, 1222, 'some-new-reason'),
  ];
  const wrong = await open(wallet, crease, page, { lang: 'en-GB' });
  await expect(chip(page)).toHaveText('1,240 points');
  await expect(chip(page)).toHaveAccessibleName('1,240 points, Your wallet');
  await expect(chip(page)).toHaveAttribute('aria-expanded', 'false');
  expect(
    wallet.asked.filter((it) => !it.includes('/fans/')),
    'one question until it is opened',
  ).toEqual(['GET /v1/wallet/stream']);

  await chip(page).click();
  await expect(panel(page)).toBeVisible();
  await expect(panel(page)).toHaveAccessibleName('Your wallet');
  await expect(chip(page)).toHaveAttribute('aria-expanded', 'true');
  const tiles = panel(page).locator('.asset');
  await expect(tiles).toHaveCount(3);
  await expect(tiles.first().locator('.free')).toHaveText('1,200 available');
  await expect(tiles.first().locator('.held')).toHaveText('40 on hold');
  await expect(tiles.nth(1).locator('.held')).toBeHidden();
  await expect(tiles.nth(1)).toContainText('250');
  await expect(tiles.nth(2)).toContainText('₹120.50');
  await expect(history(page)).toHaveCount(3);
  await expect(history(page).nth(0)).toContainText('Spent');
  await expect(history(page).nth(0)).toContainText('\u221212');
  await expect(history(page).nth(1)).toContainText('Six by Kohli');
  await expect(history(page).nth(1)).toContainText('+30');
  await expect(history(page).nth(1)).toContainText('Just now');
  await expect(history(page).nth(2)).toContainText('Other');
  await expect(panel(page).locator('.vouchers')).toBeHidden();
  // Another asset has a history of its own.
  await tiles.nth(1).click();
  await expect(panel(page).getByText('Nothing here yet')).toBeVisible();
  await expect(tiles.nth(1)).toHaveAttribute('aria-pressed', 'true');
  expect(wrong).toEqual([]);
});

test('points that are given are counted, told with what they are for, and stand in the open history', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  await page.addInitScript(() => {
    const heard: number[] = [];
    Object.assign(window, { heard });
    document.addEventListener('crease:wallet', (event) => heard.push((event as CustomEvent).detail.balances[0].units));
  });
  const wrong = await open(wallet, crease, page);
  await expect(chip(page)).toHaveText('120 points');
  await expect(news(page)).toHaveText('');
  wallet.give(30, 'Six by Kohli');
  await expect(chip(page)).toHaveText('150 points');
  await expect(page.locator('crease-wallet .gain')).toHaveText('+30');
  await expect(news(page)).toHaveText('+30 points: Six by Kohli');
  await chip(page).click();
  await expect(history(page)).toHaveCount(1);
  wallet.give(1, 'A single');
  await expect(history(page)).toHaveCount(2);
  await expect(history(page).first()).toContainText('A single');
  await expect(news(page)).toHaveText('+1 point: A single');
  wallet.give(-100, undefined, 'purchase');
  await expect(chip(page)).toHaveText('51 points');
  await expect(history(page)).toHaveCount(3);
  await expect(news(page)).toHaveText('+1 point: A single');
  expect(await page.evaluate(() => (window as any).heard)).toEqual([120, 150, 151, 51]);
  expect(wrong).toEqual([]);
});

test('history comes page by page', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  for (let at = 0; at < 45; at++) wallet.entries.push(wallet.entry(1, 45 - at, 'grant', `Run ${45 - at}`));
  await open(wallet, crease, page);
  await chip(page).click();
  await expect(history(page)).toHaveCount(20);
  const earlier = panel(page).getByRole('button', { name: 'Earlier' });
  await earlier.click();
  await expect(history(page)).toHaveCount(40);
  // What comes meanwhile stands above, and loses nothing below.
  wallet.give(6, 'Six');
  await expect(history(page)).toHaveCount(41);
  await expect(history(page).first()).toContainText('Six');
  await earlier.focus();
  await page.keyboard.press('Enter');
  await expect(history(page)).toHaveCount(46);
  await expect(history(page).last()).toContainText('Run 1');
  await expect(earlier).toBeHidden();
  await expect(panel(page), 'the focus is not lost with the button').toBeFocused();
});

test('a history that could not be had is asked for again', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  wallet.entries = [wallet.entry(30, 120, 'grant', 'Six')];
  await open(wallet, crease, page);
  await expect(chip(page)).toHaveText('120 points');
  wallet.refusal = { status: 503 };
  await chip(page).click();
  const failed = panel(page).getByText('This could not be loaded.');
  await expect(failed).toBeVisible();
  wallet.refusal = undefined;
  await panel(page).getByRole('button', { name: 'Try again' }).click();
  await expect(history(page)).toHaveCount(1);
  await expect(failed).toBeHidden();
});

test('it is used by keys alone', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  await open(wallet, crease, page);
  await expect(chip(page)).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(chip(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(panel(page).getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(panel(page)).toBeHidden();
  await expect(chip(page)).toBeFocused();
  await page.keyboard.press('Space');
  await expect(panel(page)).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeHidden();
  await expect(chip(page)).toBeFocused();
  // Who goes on by Tab leaves it behind.
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'after' })).toBeFocused();
  await expect(panel(page)).toBeHidden();
  // A press beside it closes it, too.
  await chip(page).click();
  await expect(panel(page)).toBeVisible();
  await page.mouse.click(1000, 700);
  await expect(panel(page)).toBeHidden();
});

test('nobody is asked to sign in where the page has said where, and sees nothing elsewhere', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  const links = ['/login', 'javascript:alert(1)']
    .map((it) => `<crease-wallet signin-href="${it}"></crease-wallet>`)
    .join('');
  await open(wallet, crease, page, { token: null, body: `<crease-wallet></crease-wallet>${links}` });
  const link = page.locator('crease-wallet').getByRole('link', { name: 'Sign in to earn points' });
  await expect(link).toHaveCount(1);
  expect(await link.evaluate((it) => (it as HTMLAnchorElement).pathname)).toBe('/login');
  await expect(chip(page, 0)).toHaveCount(0);
  await expect(chip(page, 2)).toHaveCount(0);
  expect(wallet.asked).toEqual([]);
});

test('a page that says nothing of who is signed in means nobody', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  await open(wallet, crease, page, { isSilent: true, body: '<crease-wallet signin-href="/login"></crease-wallet>' });
  await expect(page.getByRole('link', { name: 'Sign in to earn points' })).toBeVisible();
  await identify(page, 'token-asha');
  await expect(chip(page)).toHaveText('120 points');
});

test('a guest hears for whom points are, and nothing is asked', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const wrong = await open(wallet, crease, page, { token: 'guest' });
  await expect(chip(page)).toHaveText('Points are for signed-in fans');
  await expect(page.locator('crease-wallet').getByRole('button')).toHaveCount(0);
  expect(wallet.asked).toEqual(['POST /v1/fans/guest']);
  expect(wrong).toEqual([]);
});

test('what the server refuses is final until somebody else signs in', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  wallet.refusal = { status: 403, type: 'https://docs.example/problems/wallet-for-guests' };
  await page.clock.install();
  await open(wallet, crease, page);
  await expect(chip(page)).toHaveText('Points are for signed-in fans');
  for (const status of [404, 501, 403]) {
    wallet.refusal = { status };
    const before = wallet.asked.length;
    await identify(page, 'token-asha');
    await expect.poll(() => wallet.asked.length).toBe(before + 2);
    await expect(chip(page)).toHaveCount(0);
    await page.clock.runFor(300_000);
    expect(wallet.asked.length, `${status} is not asked again`).toBe(before + 2);
  }
  wallet.refusal = undefined;
  await identify(page, 'token-bram');
  await expect(chip(page)).toHaveText('120 points');
});

test('who signs out takes the wallet along, and the next fan sees only their own', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  wallet.entries = [wallet.entry(30, 120, 'grant', 'Six of Asha')];
  await open(wallet, crease, page, { body: '<crease-wallet signin-href="/login"></crease-wallet>' });
  await chip(page).click();
  await expect(history(page)).toHaveCount(1);
  await identify(page, null);
  await expect(panel(page)).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Sign in to earn points' })).toBeFocused();
  await expect.poll(() => wallet.readers).toBe(0);
  wallet.balances = [points(7)];
  wallet.entries = [];
  await identify(page, 'token-bram');
  await expect(chip(page)).toHaveText('7 points');
  await chip(page).click();
  await expect(panel(page).getByText('Nothing here yet')).toBeVisible();
  await expect(panel(page)).not.toContainText('Six of Asha');
  const left = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML]),
  );
  expect(left).not.toContain('fan_');
});

test('elements share a stream, which ends with the last of them, and one that is moved goes on', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  const wrong = await open(wallet, crease, page, {
    body: '<crease-wallet></crease-wallet><div id="place"></div><crease-wallet view="compact"></crease-wallet>',
  });
  await expect(chip(page, 0)).toHaveText('120 points');
  await expect(chip(page, 1).locator('.amount')).toHaveText('120');
  await expect(chip(page, 1).locator('.unit').last()).toBeHidden();
  wallet.give(6, 'Six');
  for (const at of [0, 1]) await expect(chip(page, at).locator('.amount')).toHaveText('126');
  await expect(news(page)).toHaveText('+6 points: Six');
  await expect(page.locator('crease-wallet').nth(1).getByRole('status'), 'it is said once').toHaveText('');
  const streams = () => wallet.asked.filter((it) => it.endsWith('/stream')).length;
  expect([wallet.readers, streams()]).toEqual([1, 1]);

  await page.evaluate(() => document.querySelector('#place')!.append(document.querySelector('crease-wallet')!));
  await expect(page.locator('#place crease-wallet .chip')).toHaveText('126 points');
  await page.evaluate(() => document.querySelectorAll('crease-wallet')[1].remove());
  expect([wallet.readers, streams()]).toEqual([1, 1]);
  await page.evaluate(() => document.querySelector('crease-wallet')!.remove());
  await expect.poll(() => wallet.readers).toBe(0);
  await page.evaluate(() => document.body.append(document.createElement('crease-wallet')));
  await expect(chip(page)).toHaveText('126 points');
  expect([wallet.readers, streams()]).toEqual([1, 2]);
  expect(wrong).toEqual([]);
});

test('a stream that breaks is opened again, at a growing distance, and says so meanwhile @chromium', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  await page.clock.install();
  await open(wallet, crease, page);
  await expect(chip(page)).toHaveText('120 points');
  await chip(page).click();
  const lost = panel(page).getByText('Reconnecting…');
  await expect(lost).toBeHidden();
  const streams = () => wallet.asked.filter((it) => it.endsWith('/stream')).length;
  wallet.refusal = { status: 503 };
  wallet.end();
  await expect(lost).toBeVisible();
  await expect(chip(page), 'what was there stays').toHaveText('120 points');
  const before = streams();
  await page.clock.runFor(3_100);
  await expect.poll(streams).toBe(before + 1);
  // Not before Retry-After.
  await page.clock.runFor(6_000);
  expect(streams()).toBe(before + 1);
  wallet.refusal = undefined;
  wallet.balances = [points(130)];
  await page.clock.runFor(6_000);
  await expect(lost).toBeHidden();
  await page.clock.runFor(2_000);
  await expect(chip(page)).toHaveText('130 points');
  // A server that says goodbye is not lost.
  wallet.end({ reason: 'restart', retry: 5_000 });
  await expect.poll(() => wallet.readers).toBe(0);
  await expect(lost).toBeHidden();
  await page.clock.runFor(8_000);
  await expect.poll(() => wallet.readers).toBe(1);
  // One that says nothing at all is dead.
  await page.clock.runFor(46_000);
  await expect(lost).toBeVisible();
  await page.clock.runFor(4_000);
  await expect.poll(() => wallet.readers).toBe(1);
});

test('a page that nobody looks at lets its stream go @chromium', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  await page.clock.install();
  await open(wallet, crease, page);
  await expect(chip(page)).toHaveText('120 points');
  const look = (state: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await look('hidden');
  await page.clock.runFor(30_000);
  expect(wallet.readers).toBe(1);
  await page.clock.runFor(31_000);
  await expect.poll(() => wallet.readers).toBe(0);
  wallet.balances = [points(150)];
  await look('visible');
  await expect.poll(() => wallet.readers).toBe(1);
  await page.clock.runFor(2_000);
  await expect(chip(page)).toHaveText('150 points');
});

test('a frozen wallet says so, and vouchers are shown where there are any', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  wallet.frozen = true;
  const until = { valid_until: '2031-05-01T00:00:00Z' };
  wallet.vouchers = {
    held: [{ name: 'A cap', units: 3, ...until }],
    claimed: [{ name: '₹100 off at <b>Fernhill</b>', code: 'SIX-4711', state: 'claimed', ...until }],
  };
  await open(wallet, crease, page);
  await expect(chip(page)).toHaveAccessibleName('120 points, Frozen, Your wallet');
  await chip(page).click();
  const frozen = panel(page).getByText('This wallet is frozen.');
  await expect(frozen).toBeVisible();
  const vouchers = panel(page).locator('.vouchers li');
  await expect(vouchers).toHaveCount(2);
  await expect(vouchers.first()).toContainText('₹100 off at <b>Fernhill</b>');
  await expect(vouchers.first()).toContainText('Code SIX-4711');
  await expect(vouchers.last()).toContainText('A cap \u00d7 3');
  wallet.vouchers.held[0].units = 1;
  wallet.tell();
  await expect(vouchers.last()).not.toContainText('\u00d7');
  wallet.frozen = false;
  wallet.tell();
  await expect(frozen).toBeHidden();
});

for (const order of ['loader first', 'wallet first', 'wallet twice']) {
  test(`both scripts share one identity: ${order}`, async ({ crease, page }) => {
    const wallet = await FakeWallet.before(crease, page);
    const wrong = troubles(page);
    const [loader, own] = [wallet.tag('crease.js', ''), wallet.tag('crease-wallet.js', '')];
    const head = { 'loader first': loader + own, 'wallet first': own + loader, 'wallet twice': own + own + loader }[
      order
    ];
    const mount = "Crease.mount(document.documentElement, { match: 'mat_0' }).remove()";
    const queue = `<script>window.Crease = { q: [() => ${mount}] }</script>`;
    await openPartner(crease, page, { head: queue + head, script: null, body: '<crease-wallet></crease-wallet>' });
    await page.waitForFunction(() => (window as any).Crease.version);
    expect(await identify(page, 'token-asha')).toEqual({ id: 'fan_asha', kind: 'signed' });
    await expect(chip(page)).toHaveText('120 points');
    expect(wallet.asked).toEqual(['GET /v1/fans/me', 'GET /v1/wallet/stream']);
    expect(new Set(wallet.names)).toEqual(new Set([`${KEY} token-asha`]));
    expect(wrong).toEqual([]);
  });
}

test('the token is in no address, and asked for anew by who slept through its end @chromium', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  const claims = (exp: number) => Buffer.from(JSON.stringify({ exp })).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const [first, second] = [`h.${claims(now + 3_600)}.one`, `h.${claims(now + 90_000)}.two`];
  wallet.fans = { [first]: { fan_id: 'fan_asha', kind: 'signed' } };
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.clock.install();
  await open(wallet, crease, page, { token: null });
  await page.waitForFunction(() => (window as any).Crease?.identify);
  await page.exposeFunction('nextToken', () => Object.keys(wallet.fans)[0]);
  await page.evaluate(() => (window as any).Crease.identify(() => (window as any).nextToken()));
  await expect(chip(page)).toHaveText('120 points');
  wallet.fans = { [second]: { fan_id: 'fan_asha', kind: 'signed' } };
  wallet.balances = [points(99)];
  // The device sleeps: no timer runs, and the stream is broken when it wakes.
  await page.clock.setSystemTime((now + 50_000) * 1000);
  wallet.end();
  await page.clock.runFor(4_000);
  await expect(chip(page)).toHaveText('99 points');
  expect(wallet.names.at(-1)).toContain(second);
  expect(asked.filter((it) => it.includes('.one') || it.includes('.two'))).toEqual([]);
});

test('the example says who is signed in, and hears of the wallet @chromium', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  await wallet.answerFor(page);
  await page.goto(crease.page('wallet', 'mat_1'));
  await expect(page.getByRole('link', { name: 'Sign in to earn points' })).toBeVisible();
  await page.getByLabel('A token').fill('token-asha');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(chip(page)).toHaveText('120 points');
  wallet.give(30, 'Six');
  await expect(page.locator('main > [role="status"]')).toHaveText('The wallet has 150 points.');
  await page.getByRole('button', { name: 'Be a guest' }).click();
  await expect(page.getByRole('link', { name: 'Sign in to earn points' })).toBeVisible();
  await expect.poll(() => wallet.readers).toBe(0);
});

test('a policy that is strict lets all of it be, and the panel is brought again when it did not come', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  const wrong = troubles(page);
  const trusted = "require-trusted-types-for 'script'; trusted-types 'none'";
  const policy = `default-src 'none'; script-src ${wallet.url}; connect-src ${wallet.url}; img-src data:; ${trusted}`;
  await openPartner(crease, page, {
    head: wallet.tag('crease-wallet.js'),
    script: null,
    policy,
    body: '<crease-wallet></crease-wallet>',
  });
  await page.waitForFunction(() => (window as any).Crease?.identify);
  await identify(page, 'token-asha');
  await expect(chip(page)).toHaveText('120 points');
  await page.route(/bundle\/\w+\/wallet\.js/, (route) => route.abort());
  await chip(page).click();
  await expect(news(page)).toHaveText('This could not be loaded.');
  expect(wrong.filter((it) => !/ERR_FAILED|did not succeed/.test(it))).toEqual([]);
  await page.unroute(/bundle\/\w+\/wallet\.js/);
  wrong.length = 0;
  await chip(page).click();
  await expect(panel(page)).toBeVisible();
  wallet.give(6, 'Six');
  await expect(history(page)).toHaveCount(1);
  expect(wrong).toEqual([]);
});

test('a language is one small file, and says everything in it', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  wallet.balances = [points(1240, 40)];
  wallet.entries = [wallet.entry(30, 1240, 'grant')];
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const wrong = await open(wallet, crease, page, { lang: 'mr' });
  await expect(chip(page)).toHaveText('१,२४० गुण');
  await chip(page).click();
  await expect(panel(page)).toContainText('तुमचे वॉलेट');
  await expect(panel(page)).toContainText('१,२०० उपलब्ध');
  await expect(panel(page)).toContainText('४० राखून ठेवले');
  await expect(history(page).first()).toContainText('मिळवले');
  expect(asked.filter((it) => it.endsWith('.txt')).map((it) => it.split('/').at(-1))).toEqual(['wallet.mr.txt']);
  await page.evaluate(() => document.querySelector('crease-wallet')!.setAttribute('lang', 'ur'));
  await expect(chip(page)).toHaveText('1,240 پوائنٹس');
  await expect(chip(page)).toHaveCSS('direction', 'rtl');
  expect(wrong).toEqual([]);
});

test('who prefers little motion sees the number at once @chromium', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.clock.install();
  await open(wallet, crease, page);
  await expect(chip(page)).toHaveText('120 points');
  wallet.give(30, 'Six by Kohli');
  await expect(chip(page)).toHaveText('150 points');
  await chip(page).click();
  expect(
    await page
      .locator('crease-wallet')
      .first()
      .evaluate((it) => it.shadowRoot!.getAnimations().length),
  ).toBe(0);
});

for (const [width, theme, dir] of [
  [360, 'light', 'ltr'],
  [360, 'dark', 'rtl'],
  [768, 'dark', 'ltr'],
  [1280, 'light', 'rtl'],
  [1280, 'light', 'ltr'],
  [240, 'light', 'ltr'],
] as const) {
  test(
    `chip and panel fit ${width} px in ${theme}, ${dir}, and axe finds nothing`,
    { tag: '@chromium' },
    async ({ crease, page }) => {
      const wallet = await FakeWallet.before(crease, page);
      wallet.balances = [
        points(1240, 40),
        { asset: 'coins', units: 250, available: 250, held: 0, places: 0 },
        { asset: 'inr', units: 12050, available: 10050, held: 2000, places: 2 },
      ];
      const long = 'Named the player of the match before the toss, on the day of the opening ceremony';
      wallet.entries = [
        wallet.entry(30, 1240, 'grant', 'Six by Kohli'),
        wallet.entry(-500, 1210, 'purchase', '₹50 off at Fernhill Sports'),
        wallet.entry(100, 1710, 'grant', long),
        wallet.entry(-20, 1610, 'expiry'),
      ];
      for (let at = 0; at < 20; at++) wallet.entries.push(wallet.entry(4, 1000 - at, 'grant', 'Four by Asha Vale'));
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ reducedMotion: 'reduce' });
      const colours = theme === 'dark' ? '#0b0e0d; color: #eee' : '#fff';
      const style = `<style>body { margin: 1rem; background: ${colours} } a { color: inherit }</style>`;
      await open(wallet, crease, page, {
        head: style,
        body: `<div dir="${dir}"><crease-wallet theme="${theme}"></crease-wallet></div>`,
      });
      await chip(page).click();
      await expect(history(page)).toHaveCount(20);
      const box = (await panel(page).boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(800);
      expect(
        await panel(page).evaluate((it) => it.scrollWidth - it.clientWidth),
        'nothing is scrolled sideways',
      ).toBeLessThanOrEqual(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.screenshot({ path: `shots/wallet-${width}-${theme}-${dir}.png` });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
    },
  );
}
