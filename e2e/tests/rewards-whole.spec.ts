// The whole way of a reward on a partner's page, against the real server: a six is hit, points are earned, a voucher is bought, used and redeemed
// at a till; another is sold to a second fan.
import { ClubMatch, HOME } from '../club';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import { balance, card, element, news, order, step, tab } from '../rewards-page';
import { type Sign, signing } from '../signer';
import type { Browser, Page } from '@playwright/test';

const TEN_OFF = 'Ten off at the shop';
const CAP = 'Match-day cap';

/** The partner's server. */
class Partner {
  private constructor(
    private readonly crease: Crease,
    readonly token: Sign,
  ) {}

  static async of(crease: Crease): Promise<Partner> {
    const made = await Partner.ask(crease, '/v1/identity/secrets', { mode: 'live' });
    return new Partner(crease, signing(made.text));
  }

  private static async ask(crease: Crease, path: string, body: object): Promise<any> {
    const headers = { authorization: `Bearer ${crease.demo.secret_key}`, 'content-type': 'application/json' };
    const answer = await fetch(crease.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, ...((await answer.json()) as object) };
  }

  /** Its own doing of a fan, which the campaign rewards as it does what happens in matches. */
  async tell(id: string, kind: string, fan_id: string): Promise<void> {
    const told = await Partner.ask(this.crease, '/v1/rewards/triggers', { id, kind, fan_id });
    expect(told.status, JSON.stringify(told)).toBe(202);
  }

  /** Its till. */
  redeem(code: string): Promise<{ status: number; type?: string }> {
    return Partner.ask(this.crease, '/v1/vouchers/redeem', { code, place: 'Gate 4' });
  }
}

/** A page of a fan, with the match and the rewards. */
async function visit(crease: Crease, page: Page, match: string, token: string): Promise<string> {
  const head = `<script async src="${crease.url}/v1/crease-wallet.js" data-key="${crease.demo.publishable_key}"></script>`;
  const body = `<crease-match match="${match}" view="full"></crease-match><crease-rewards></crease-rewards>`;
  await openPartner(crease, page, { head, body });
  await page.waitForFunction(() => (window as any).Crease?.identify);
  const fan = await page.evaluate((token) => (window as any).Crease.identify(token), token);
  await expect(element(page).locator('.row').filter({ hasText: 'You came back today' })).toContainText('+100');
  return fan.id;
}

const other = async (browser: Browser) => (await browser.newContext()).newPage();

test('a six is hit, and its points buy what is redeemed and what is sold', async ({ crease, page, browser }) => {
  test.slow();
  const partner = await Partner.of(crease);
  const match = await ClubMatch.begin(crease);
  const wrong = troubles(page);
  const asha = await visit(crease, page, match.id, partner.token('whole-asha'));
  await expect(balance(page)).toHaveText('100');

  // Who watches earns by what happens in the match, once it is known that somebody watches.
  const six = element(page).locator('.row').filter({ hasText: 'Every six while you watch' });
  await expect(async () => {
    await match.send(ClubMatch.ball(HOME, { runs: 6, boundary: 'six' }));
    await expect(six.first()).toContainText('+10', { timeout: 3_000 });
  }).toPass({ timeout: 20_000 });
  await expect(balance(page)).toHaveText(/^1[1-6]0$/);

  // Bought, used, and redeemed once.
  const before = Number(await balance(page).textContent());
  await tab(page, 'Vouchers').click();
  await card(page, TEN_OFF).getByRole('button').click();
  await expect(step(page)).toContainText('Reserved for');
  await page.keyboard.press('Enter');
  await expect(news(page)).toHaveText(`Yours now: ${TEN_OFF}`);
  await expect(balance(page)).toHaveText(String(before - 100));
  const mine = (name: string) => element(page).locator('.mine').filter({ hasText: name });
  await mine(TEN_OFF).getByRole('button', { name: /^Use/ }).click();
  await step(page).getByRole('button', { name: 'Show the code' }).click();
  await expect(step(page).getByRole('img', { name: 'QR code of this voucher' })).toBeVisible();
  const code = (await step(page).locator('.code').textContent())!;
  expect((await partner.redeem(code)).status).toBe(200);
  await expect(step(page).getByRole('status')).toHaveText('Redeemed');
  expect((await partner.redeem(code)).status).toBe(409);
  await page.keyboard.press('Escape');
  await expect(element(page).locator('.ticket').filter({ hasText: TEN_OFF })).toContainText('Redeemed');

  // Enough for the dearer one, which is sold.
  for (let at = 0; at < 6; at++) await partner.tell(`asha-${at}`, 'result', asha);
  await expect(news(page)).toContainText('You saw how it ended');
  await expect(balance(page)).toHaveText(String(before - 100 + 300));
  await card(page, CAP).getByRole('button').click();
  await expect(step(page)).toContainText('Reserved for');
  await page.keyboard.press('Enter');
  await expect(mine(CAP)).toContainText('1 to use');
  await tab(page, 'Market').click();
  await element(page).locator('.choice').getByRole('button', { name: 'Sell' }).click();
  await element(page).getByLabel('Price', { exact: true }).fill('80');
  await element(page).getByLabel('Quantity', { exact: true }).fill('1');
  await page.keyboard.press('Enter');
  await step(page).getByRole('button', { name: 'Sell' }).click();
  await expect(order(page)).toContainText('Sell 1 at 80');

  const page2 = await other(browser);
  await visit(crease, page2, match.id, partner.token('whole-bram'));
  await tab(page2, 'Market').click();
  await element(page2).getByRole('button', { name: 'Buy at 80' }).click();
  await page2.keyboard.press('Enter');
  await expect(news(page2)).toHaveText('Bought 1 for 80 points');
  await expect(balance(page2)).toHaveText('20');
  await expect(element(page2).getByText('You have 1')).toBeVisible();
  await page2.context().close();

  // The seller's page says so by itself.
  await expect(order(page)).toHaveCount(0);
  await expect(balance(page)).toHaveText(String(before - 100 + 80));
  expect(wrong).toEqual([]);
});
