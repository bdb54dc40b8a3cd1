// What a fan earns and has for it, on a partner's page: what was earned, missions and vouchers, each state of them, and
// what they leave alone.
import AxeBuilder from '@axe-core/playwright';
import { ClubMatch } from '../club';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import type { FakeRewards } from '../rewards';
import { balance, card, element, furnish, identify, level, news, open, step, tab, toast } from '../rewards-page';
import { FakeWallet } from '../wallet';
import type { Page } from '@playwright/test';

test('four tabs show what there is, one question each, and are moved between by keys', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  const wrong = await open(wallet, crease, page);
  await expect(balance(page)).toHaveText('1,240');
  await expect(element(page).getByRole('tab')).toHaveText(['Earned', 'Missions', 'Vouchers', 'Market']);
  const rows = element(page).locator('.row');
  await expect(rows).toHaveCount(5);
  await expect(rows.first()).toContainText('Six by Asha Vale');
  await expect(rows.first()).toContainText('2 minutes ago');
  await expect(element(page).locator('.balance')).toContainText('Gold');
  await expect(rows.first()).toContainText('+30');
  await expect(rows.nth(1)).toContainText('On its way');
  await expect(rows.nth(3)).toContainText('Taken back');
  await expect(rows.nth(4)).toContainText('Not paid');
  expect(rewards.asked.filter((it) => it.startsWith('GET'))).toEqual(['GET /v1/rewards']);
  expect(rewards.watched, 'to be here may earn').toEqual(['check-ins']);

  await tab(page, 'Earned').focus();
  await page.keyboard.press('ArrowRight');
  await expect(tab(page, 'Missions')).toBeFocused();
  await expect(tab(page, 'Missions')).toHaveAttribute('aria-selected', 'true');
  await expect(element(page).getByRole('tabpanel', { name: 'Missions' })).toBeVisible();
  const missions = element(page).locator('.card');
  await expect(missions).toHaveCount(3);
  const bar = missions.first().getByRole('progressbar', { name: 'Watch five matches in a row' });
  await expect(bar).toHaveAttribute('aria-valuetext', '3 of 5');
  await expect(missions.first()).toContainText('3 of 5 \u00b7 200 more when done');
  await expect(missions.nth(1).getByRole('progressbar')).toHaveCount(0);
  await expect(missions.nth(1)).toContainText('60 left today');
  await expect(missions.nth(2)).toContainText('All earned for today');
  await page.keyboard.press('End');
  await expect(tab(page, 'Market')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(tab(page, 'Earned')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Home');
  await expect(tab(page, 'Earned')).toBeFocused();
  expect(wrong).toEqual([]);
});

test('what is earned is told, listed and counted as it happens', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  const wrong = await open(wallet, crease, page);
  await expect(element(page).locator('.row')).toHaveCount(5);
  rewards.earn('Six!', 50);
  await expect(news(page)).toHaveText('You earned 50 points: Six!');
  await expect(toast(page)).toHaveText('You earned 50 points: Six!');
  await expect(balance(page)).toHaveText('1,290');
  await expect(element(page).locator('.row')).toHaveCount(6);
  await expect(element(page).locator('.row').first()).toContainText('Six!');
  expect(wrong).toEqual([]);
});

test('beside a chip it is said aloud once, by one stream', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await open(wallet, crease, page, { body: '<crease-wallet></crease-wallet><crease-rewards></crease-rewards>' });
  await expect(element(page).locator('.row')).toHaveCount(5);
  rewards.earn('Six!', 50);
  await expect(toast(page)).toHaveText('You earned 50 points: Six!');
  const said = await page.getByRole('status').allTextContents();
  expect(said.filter((it) => it.includes('Six!'))).toHaveLength(1);
  expect(wallet.readers).toBe(1);
});

test('a voucher is reserved, and bought when that is confirmed', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  rewards.held = [];
  const wrong = await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  await expect(card(page, 'A coffee')).toContainText('37 left');
  await expect(card(page, 'A coffee')).toContainText('2 more for you');
  await expect(card(page, 'Scarf')).toContainText('Sold out');
  await expect(card(page, 'Signed shirt')).toContainText('3,800 points too few');
  await expect(card(page, 'Signed shirt').getByRole('button')).toHaveCount(0);
  await card(page, 'A coffee').getByRole('button', { name: 'Buy: A coffee at Mill Lane' }).click();
  await expect(step(page)).toHaveAccessibleName('Buy this?');
  await expect(step(page)).toContainText('120 points');
  await expect(step(page)).toContainText('1,080 points');
  await expect(step(page)).toContainText(/Reserved for (2:00|1:5\d)/);
  await expect(step(page).getByRole('button', { name: 'Buy' })).toBeFocused();
  await expect(card(page, 'A coffee')).toContainText('36 left');
  await page.keyboard.press('Enter');
  await expect(step(page)).toHaveCount(0);
  await expect(news(page)).toHaveText('Yours now: A coffee at Mill Lane');
  await expect(balance(page)).toHaveText('1,120');
  await expect(element(page).locator('.mine').first()).toContainText('1 to use');
  await expect(card(page, 'A coffee')).toContainText('1 more for you');
  // One is all that is left to buy: there is nothing to choose.
  await expect(card(page, 'A coffee').getByRole('combobox')).toHaveCount(0);
  expect(new Set(rewards.keys).size).toBe(1);
  expect(wrong).toEqual([]);
});

test('several are bought at once, as many as there are points and leave for', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  rewards.held = [];
  const wrong = await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  const many = card(page, 'A coffee').getByRole('combobox', { name: 'How many: A coffee at Mill Lane' });
  await expect(many.locator('option')).toHaveText(['1', '2']);
  await many.selectOption('2');
  await card(page, 'A coffee').getByRole('button', { name: 'Buy: A coffee at Mill Lane' }).click();
  await expect(step(page)).toContainText('240 points');
  await expect(step(page)).toContainText('How many');
  await step(page).getByRole('button', { name: 'Buy' }).click();
  await expect(element(page).locator('.mine').first()).toContainText('2 to use');
  await expect(card(page, 'A coffee')).toContainText('You have the most you can');
  expect(wrong).toEqual([]);
});

test('what is not bought is released, however the step is left, and the focus goes back', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  const buy = card(page, 'A coffee').getByRole('button');
  const ways = [
    () => page.keyboard.press('Escape'),
    () => step(page).getByRole('button', { name: 'Cancel' }).click(),
    () => step(page).getByRole('button', { name: 'Close' }).click(),
    () => page.mouse.click(5, 5),
  ];
  for (const [at, leave] of ways.entries()) {
    await buy.focus();
    await page.keyboard.press('Enter');
    await expect(step(page)).toContainText('Reserved for');
    await leave();
    await expect(step(page)).toHaveCount(0);
    await expect.poll(() => rewards.reservations[at].state).toBe('released');
    await expect(buy).toBeFocused();
  }
  await expect(card(page, 'A coffee')).toContainText('37 left');
  expect(wallet.balances[0].held).toBe(40);
});

test('a reservation whose time is over buys nothing @chromium', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await page.clock.install();
  await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  await card(page, 'A coffee').getByRole('button').click();
  await expect(step(page)).toContainText('Reserved for');
  await page.clock.runFor(125_000);
  await expect(step(page).getByRole('alert')).toHaveText('The time is over. Nothing was taken from you.');
  await expect(step(page).getByRole('button', { name: 'Buy' })).toBeHidden();
  // By a clock that is wrong the page cannot know: the server does.
  await step(page).getByRole('button', { name: 'Cancel' }).click();
  await card(page, 'A coffee').getByRole('button').click();
  await expect(step(page).getByRole('button', { name: 'Buy' })).toBeVisible();
  rewards.reservations.at(-1).state = 'expired';
  await step(page).getByRole('button', { name: 'Buy' }).click();
  await expect(step(page).getByRole('alert')).toHaveText('The time is over. Nothing was taken from you.');
});

test("each refusal has its sentence, and an unknown one the server's", async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  const alert = step(page).getByRole('alert');
  for (const [word, status, text] of [
    ['too-little', 409, 'You have too few points for this.'],
    ['wallet-frozen', 409, 'Your wallet is frozen: nothing can be bought or sold for now.'],
    ['sold-out', 409, 'Sold out: somebody was faster.'],
    ['day-limit', 409, 'You have reached the limit for this.'],
    ['rate-limited', 429, 'Too fast. Please wait a moment.'],
    ['unavailable', 503, 'This does not work just now. Please try again soon.'],
    ['internal', 500, 'This does not work just now. Please try again soon.'],
    ['some-new-word', 409, 'A title of the server'],
  ] as const) {
    rewards.refusals = [{ of: 'POST /v1/products', status, word, title: 'A title of the server' }];
    await card(page, 'A coffee').getByRole('button').click();
    await expect(alert).toHaveText(text);
    await page.keyboard.press('Escape');
  }
});

test('a code is shown after a word of warning, with a picture that is renewed, until it is redeemed @chromium', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  rewards.claimed = [];
  await page.clock.install();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const wrong = await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  const held = element(page).locator('.mine').first();
  await held.getByRole('button', { name: 'Use: A coffee at Mill Lane' }).click();
  await expect(step(page)).toContainText('can no longer be sold or given away');
  expect(rewards.claimed).toEqual([]);
  await step(page).getByRole('button', { name: 'Show the code' }).click();
  await expect(step(page)).toHaveAccessibleName('Your code');
  await expect(step(page).locator('.code')).toHaveText('ABCD-EFGH-JK42');
  const picture = step(page).getByRole('img', { name: 'QR code of this voucher' });
  await expect(picture).toBeVisible();
  await expect(picture).toHaveAttribute('viewBox', '0 0 37 37');
  const drawn = () => picture.locator('path').getAttribute('d');
  const first = await drawn();
  await page.clock.runFor(61_000);
  await expect.poll(drawn).not.toBe(first);
  await step(page).getByRole('button', { name: 'Copy code' }).click();
  await expect(step(page).getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('ABCD-EFGH-JK42');
  Object.assign(rewards.claimed[0], { state: 'redeemed', code: null, redeemed_at: new Date().toISOString() });
  wallet.tell();
  await page.clock.runFor(1_000);
  await expect(step(page).getByRole('status')).toHaveText('Redeemed');
  await expect(picture).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(element(page).locator('.ticket')).toContainText('Redeemed');
  await expect(element(page).locator('.mine').first()).toContainText('1 to use');
  expect(wrong).toEqual([]);
});

test('a voucher that may be given is given to another fan', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  const held = element(page).locator('.mine').first();
  await held.getByRole('button', { name: 'Give: A coffee at Mill Lane' }).click();
  const to = step(page).getByLabel('To whom, by fan ID');
  await expect(to).toBeFocused();
  await to.fill('someone');
  await step(page).getByRole('button', { name: 'Give' }).click();
  expect(rewards.asked.filter((it) => it.endsWith('/gifts'))).toEqual([]);
  await to.fill('fan_bram');
  await step(page).getByRole('button', { name: 'Give' }).click();
  await expect(news(page)).toHaveText('Given away: A coffee at Mill Lane');
  await expect(held).toContainText('1 to use');
});

test('guests and nobody hear what they would have to do', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  furnish(wallet);
  const wrong = await open(wallet, crease, page, {
    token: 'guest',
    body: '<crease-rewards signin-href="/login"></crease-rewards>',
  });
  await expect(element(page)).toContainText('Your points are waiting');
  const link = element(page).getByRole('link', { name: 'Sign in to earn points' });
  expect(await link.evaluate((it) => (it as HTMLAnchorElement).pathname)).toBe('/login');
  await identify(page, null);
  await expect(link).toBeVisible();
  await identify(page, 'token-asha');
  await expect(element(page).locator('.row')).toHaveCount(5);
  wallet.refusal = { status: 404 };
  await identify(page, 'token-bram');
  await expect(element(page).locator('.rewards')).toHaveCount(0);
  expect(wrong.filter((it) => !it.includes('404'))).toEqual([]);
});

test('who signs out takes it all along, and the next fan sees only their own', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await open(wallet, crease, page);
  await tab(page, 'Vouchers').click();
  await card(page, 'A coffee').getByRole('button').click();
  await expect(step(page)).toContainText('Reserved for');
  rewards.earned = [];
  rewards.missions = [];
  await identify(page, 'token-bram');
  await expect(step(page)).toHaveCount(0);
  await expect(element(page)).toContainText('Nothing earned yet');
  await expect(element(page)).not.toContainText('Asha');
  await tab(page, 'Missions').click();
  await expect(element(page)).toContainText('No missions now');
  await identify(page, null);
  await expect(element(page)).toContainText('Your points are waiting');
  await expect.poll(() => wallet.readers).toBe(0);
});

test('a connection that is lost is told, and what was there stays @chromium', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  furnish(wallet);
  await page.clock.install();
  await open(wallet, crease, page);
  await expect(element(page).locator('.row')).toHaveCount(5);
  const lost = element(page).getByText('Connection lost, reconnecting\u2026');
  await expect(lost).toBeHidden();
  wallet.refusal = { status: 503 };
  wallet.end();
  await expect(lost).toBeVisible();
  await expect(element(page).locator('.row')).toHaveCount(5);
  wallet.refusal = undefined;
  await page.clock.runFor(20_000);
  await expect(lost).toBeHidden();
  wallet.frozen = true;
  wallet.tell();
  await expect(element(page).getByText('This wallet is frozen.')).toBeVisible();
});

test('a policy that is strict lets all of it be, and a part that did not come is brought again', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  furnish(wallet);
  const wrong = troubles(page);
  const trusted = "require-trusted-types-for 'script'; trusted-types 'none'";
  await openPartner(crease, page, {
    head: wallet.tag('crease-wallet.js'),
    script: null,
    policy: `default-src 'none'; script-src ${wallet.url}; connect-src ${wallet.url}; img-src data:; ${trusted}`,
    body: '<crease-rewards></crease-rewards>',
  });
  await page.waitForFunction(() => (window as any).Crease?.identify);
  await identify(page, 'token-asha');
  await expect(element(page).locator('.row')).toHaveCount(5);
  await tab(page, 'Vouchers').click();
  await element(page)
    .getByRole('button', { name: /Show code/ })
    .click();
  await expect(step(page).getByRole('img')).toBeVisible();
  await page.keyboard.press('Escape');
  expect(wrong).toEqual([]);
  await page.route(/bundle\/\w+\/market\.js/, (route) => route.abort());
  await tab(page, 'Market').click();
  await expect(element(page).getByText('No connection. Please try again.')).toBeVisible();
  await page.unroute(/bundle\/\w+\/market\.js/);
  wrong.length = 0;
  await element(page).getByRole('button', { name: 'Try again' }).click();
  await expect(level(page, 'ask', '121')).toBeVisible();
  expect(wrong).toEqual([]);
});

test('a language is two small files, and says everything in it', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  furnish(wallet);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const wrong = await open(wallet, crease, page, { lang: 'mr' });
  await expect(element(page).locator('.row').first()).toContainText('+३०');
  await expect(element(page).getByRole('tab')).toHaveText(['मिळवले', 'मोहिमा', 'व्हाउचर', 'बाजार']);
  expect(asked.filter((it) => it.endsWith('.txt')).map((it) => it.split('/').at(-1))).toEqual([
    'wallet.mr.txt',
    'rewards.mr.txt',
  ]);
  await page.evaluate(() => document.querySelector('crease-rewards')!.setAttribute('lang', 'ur'));
  await tab(page, 'بازار').click();
  await expect(level(page, 'ask', '121')).toBeVisible();
  await expect(element(page).locator('.rewards')).toHaveCSS('direction', 'rtl');
  // The arrow keys lead where they point.
  await page.keyboard.press('ArrowRight');
  await expect(tab(page, 'واؤچر')).toBeFocused();
  expect(wrong).toEqual([]);
});

test.describe('in the full view of a match', () => {
  const match = (page: Page) => page.locator('crease-match');
  const own = (page: Page) => match(page).getByRole('tab', { name: 'Rewards' });

  async function openMatch(crease: Crease, page: Page, view = 'full'): Promise<[FakeWallet, ClubMatch, string[]]> {
    const club = await ClubMatch.begin(crease);
    await club.score(4);
    const wallet = await FakeWallet.before(crease, page);
    furnish(wallet);
    const wrong = troubles(page);
    const loader = `<script async src="${wallet.url}/v1/crease.js" data-key="${crease.demo.publishable_key}"></script>`;
    const embed = `<crease-match match="${club.id}" view="${view}"></crease-match>`;
    await openPartner(crease, page, { head: loader, script: null, body: `<main><h1>Cricket</h1>${embed}</main>` });
    await expect(match(page).getByRole('tab')).toHaveCount(view === 'full' ? 4 : 0);
    await expect(match(page).locator('.runs').first()).toHaveText('4/0');
    return [wallet, club, wrong];
  }

  test('who is signed in has a tab, which is used as the others are', async ({ crease, page }) => {
    const [wallet, club, wrong] = await openMatch(crease, page);
    await identify(page, 'token-asha');
    await expect(match(page).getByRole('tab')).toHaveText(['Ball by ball', 'Scorecard', 'Charts', 'Rewards', '\u22ef']);
    expect(wallet.readers, 'nothing is followed before it is chosen').toBe(0);
    await own(page).click();
    const panel = match(page).getByRole('tabpanel', { name: 'Rewards' });
    await expect(panel.locator('.row')).toHaveCount(5);
    await expect(own(page)).toHaveAttribute('aria-selected', 'true');
    await expect(match(page).getByRole('tab', { name: 'Ball by ball' })).toHaveAttribute('aria-selected', 'false');
    await expect(match(page).locator('#panel')).toBeHidden();
    // The match goes on above it.
    await club.score(2);
    await expect(match(page).locator('.runs').first()).toHaveText('6/0');
    await expect(panel).toBeVisible();
    await page.screenshot({ path: 'shots/rewards-in-match.png', fullPage: true });
    await own(page).focus();
    await page.keyboard.press('ArrowLeft');
    const charts = match(page).getByRole('tab', { name: 'Charts' });
    await expect(charts).toBeFocused();
    await expect(charts).toHaveAttribute('aria-selected', 'true');
    await expect(match(page).locator('#panel')).toBeVisible();
    await expect.poll(() => wallet.readers, 'what is not looked at is not followed').toBe(0);
    await page.keyboard.press('ArrowRight');
    await expect(own(page)).toBeFocused();
    await expect(panel).toBeVisible();
    await page.keyboard.press('ArrowRight');
    await expect(match(page).getByRole('tab', { name: 'Settings' })).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Home');
    await expect(match(page).getByRole('tab', { name: 'Ball by ball' })).toBeFocused();
    await expect(match(page).getByRole('tab', { name: 'Ball by ball' })).toHaveAttribute('aria-selected', 'true');
    await expect(match(page).locator('[aria-selected="true"]')).toHaveCount(1);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
    expect(wrong).toEqual([]);
  });

  test('it comes with a match that comes later, and with its full view', async ({ crease, page }) => {
    const [wallet, club] = await openMatch(crease, page, 'card');
    await identify(page, 'token-asha');
    const rewards = wallet.beside as FakeRewards;
    await expect.poll(() => rewards.watched, 'a card earns, too').toEqual([`follow ${club.id}`]);
    await page.evaluate(() => document.querySelector('crease-match')!.setAttribute('view', 'full'));
    await expect(own(page)).toHaveCount(1);
    await page.evaluate((match) => (window as any).Crease.mount(document.body, { match, view: 'full' }), club.id);
    await expect(own(page)).toHaveCount(2);
    expect(rewards.asked, 'once for the page').toEqual(['GET /v1/rewards', 'POST /v1/rewards/follow']);
  });

  test('watching is told each minute that the page is looked at, and ends with the match @chromium', async ({
    crease,
    page,
  }) => {
    await page.clock.install();
    const [wallet, club] = await openMatch(crease, page, 'card');
    const { watched } = wallet.beside as FakeRewards;
    const beat = `watched ${club.id}`;
    await identify(page, 'token-asha');
    await expect.poll(() => watched).toEqual([`follow ${club.id}`]);
    await page.clock.runFor(61_000);
    await expect.poll(() => watched.slice(1)).toEqual([beat]);
    // Each wait begins with the answer to the word before: in small steps none is gone past.
    await expect(async () => {
      await page.clock.runFor(4_000);
      expect(watched.slice(1)).toEqual([beat, beat]);
    }).toPass({ intervals: [100] });
    // What is not played is asked for seldom.
    (wallet.beside as FakeRewards).minutes = 0;
    await expect(async () => {
      await page.clock.runFor(4_000);
      expect(watched.length).toBe(4);
    }).toPass({ intervals: [100] });
    await page.clock.runFor(200_000);
    expect(watched.length).toBe(4);
    await page.evaluate(() => document.querySelector('crease-match')!.remove());
    await page.clock.runFor(700_000);
    expect(watched.length).toBe(4);
  });

  test('nobody else has it', async ({ crease, page }) => {
    const [wallet] = await openMatch(crease, page);
    const rewards = wallet.beside as FakeRewards;
    await identify(page, 'guest');
    await identify(page, 'token-asha');
    await own(page).click();
    await expect(match(page).locator('crease-rewards .row')).toHaveCount(5);
    await identify(page, null);
    await expect(own(page)).toHaveCount(0);
    await expect(match(page).locator('#panel')).toBeVisible();
    await expect(match(page).getByRole('tab', { name: 'Ball by ball' })).toHaveAttribute('aria-selected', 'true');
    rewards.refusals = [{ of: 'GET /v1/rewards', status: 503, word: 'not-set-up' }];
    const before = rewards.asked.length;
    await identify(page, 'token-bram');
    await expect.poll(() => rewards.asked.length).toBeGreaterThan(before);
    await expect(own(page)).toHaveCount(0);
    rewards.refusals = [];
    await identify(page, 'token-asha');
    await expect(own(page)).toHaveCount(1);
  });

  test('it speaks as the match does, wears its theme, and comes back with it', async ({ crease, page }) => {
    await openMatch(crease, page);
    await identify(page, 'token-asha');
    await own(page).click();
    await page.evaluate(() => document.querySelector('crease-match')!.setAttribute('theme', 'dark'));
    await expect(match(page).locator('crease-rewards')).toHaveAttribute('theme', 'dark');
    for (const width of [390, 240]) {
      await page.setViewportSize({ width, height: 800 });
      await own(page).scrollIntoViewIfNeeded();
      await page.screenshot({ path: `shots/rewards-in-match-${width}.png`, fullPage: true });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
    await page.evaluate(() => document.querySelector('crease-match')!.setAttribute('lang', 'ur'));
    const tab = match(page).getByRole('tab', { name: 'انعامات' });
    await tab.click();
    await expect(match(page).locator('crease-rewards .row')).toHaveCount(5);
    await expect(match(page).locator('crease-rewards .tabs')).toContainText('واؤچر');
    await tab.focus();
    await page.keyboard.press('ArrowLeft');
    await expect(match(page).locator('[data-ask="tab-settings"]')).toBeFocused();
  });
});

test('the example is a page with all of it @chromium', async ({ crease, page }) => {
  const club = await ClubMatch.begin(crease);
  await club.score(4);
  const wallet = await FakeWallet.before(crease, page);
  furnish(wallet);
  await wallet.answerFor(page);
  const wrong = troubles(page);
  await page.goto(crease.page('rewards', club.id));
  await expect(page.locator('main > crease-rewards')).toContainText('Your points are waiting');
  await page.getByLabel('A token').fill('token-asha');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.locator('main > crease-rewards .row')).toHaveCount(5);
  await expect(page.locator('crease-match').getByRole('tab', { name: 'Rewards' })).toBeVisible();
  await expect(page.locator('crease-wallet .chip')).toHaveText('1,240 points');
  expect(wallet.readers).toBe(1);
  expect(wrong).toEqual([]);
});
