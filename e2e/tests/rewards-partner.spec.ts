// A partner makes a campaign and a product of its own in its dashboard; staff at a till redeem, and operators do for the house.
import { operators, test } from '../bank';
import { type Crease, expect } from '../fixtures';
import { PASSWORD, link, signUp } from '../newcomer';
import { troubles } from '../partner';
import { isSound } from '../sound';
import type { Browser, Page } from '@playwright/test';

const parts = (page: Page) => page.getByRole('navigation', { name: 'Rewards', exact: true });
const done = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

/** Somebody who has just begun, at the rewards of the test books. */
async function partner(crease: Crease, browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signUp(crease, page);
  await page.goto(`${crease.url}/console`);
  await page.getByRole('link', { name: 'Rewards', exact: true }).click();
  await page.getByRole('navigation', { name: 'Books' }).getByRole('link', { name: 'Test' }).click();
  return page;
}

test('a partner has a campaign of its own go live, and ends it @chromium', async ({ crease, browser }) => {
  test.slow();
  const page = await partner(crease, browser);
  const wrong = troubles(page);
  await expect(page.getByText('There is no campaign in these books yet.')).toBeVisible();
  await expect(parts(page).getByRole('link')).toHaveText(['Campaigns', 'Vouchers', 'Fences']);
  await isSound(page, 'partner-none');
  await page.getByRole('link', { name: 'New campaign' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Every six for our readers');
  await isSound(page, 'partner-new');
  // A double click makes one.
  await page.getByRole('button', { name: 'Make it' }).dblclick();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Every six for our readers: version 1');
  const one = page.getByRole('group', { name: 'Rule 1' });
  await one.getByLabel('Title').fill('Every six while you watch');
  await one.getByLabel('Points', { exact: true }).fill('10');
  await one.getByLabel('What happens').selectOption('six');
  await isSound(page, 'partner-write');
  await page.getByRole('button', { name: 'Save as version 1' }).click();
  await expect(done(page, 'The version is saved.')).toBeVisible();
  await page.getByRole('link', { name: 'Try it on what was heard' }).click();
  await expect(page.getByText('Its budget is empty.')).toBeVisible();
  await isSound(page, 'partner-forecast');
  await page.getByRole('link', { name: 'fill it' }).click();
  await page.getByLabel('Points', { exact: true }).fill('5000');
  await page.getByLabel('Why').first().fill('To try it out');
  await page.getByRole('button', { name: 'Fill the budget' }).click();
  await expect(done(page, 'The budget is filled.')).toBeVisible();
  await page.getByRole('link', { name: 'Try version 1, and go live' }).click();
  await page.getByRole('button', { name: 'Go live with version 1' }).click();
  await expect(done(page, 'The version is live')).toBeVisible();
  await isSound(page, 'partner-campaign');
  await parts(page).getByRole('link', { name: 'Campaigns' }).click();
  const listed = page.getByRole('region', { name: 'Campaigns' }).getByRole('row', { name: /Every six for our readers/ });
  await expect(listed).toHaveCount(1);
  await isSound(page, 'partner-campaigns');
  await listed.getByRole('link').click();
  await page.getByText('End it', { exact: true }).click();
  await isSound(page, 'partner-end');
  await page.locator('details[open]').getByLabel('Why').fill('The season is over');
  await page.getByRole('button', { name: 'End it for good' }).click();
  await expect(done(page, 'The campaign is ended, for good.')).toBeVisible();
  await isSound(page, 'partner-ended');

  // In earnest the platform fills it.
  await page.getByRole('navigation', { name: 'Books' }).getByRole('link', { name: 'Live' }).click();
  await page.getByRole('link', { name: 'New campaign' }).click();
  await page.getByLabel('Name', { exact: true }).fill('In earnest');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('link', { name: 'Back to the campaign' }).click();
  await expect(page.getByText('Whoever runs this platform fills it')).toBeVisible();
  await isSound(page, 'partner-live');
  expect(wrong).toEqual([]);
  await page.context().close();
});

test('a partner takes codes in from a file, with mistakes by line @chromium', async ({ crease, browser }) => {
  test.slow();
  const page = await partner(crease, browser);
  await parts(page).getByRole('link', { name: 'Vouchers' }).click();
  await page.getByRole('link', { name: 'New product' }).click();
  await page.getByText('They are yours: you honour them').click();
  await page.getByLabel('Name', { exact: true }).fill('Ten off at Fernhill Sports');
  await page.getByLabel('Price in points').fill('150');
  await page.getByLabel('A fan buys at most').fill('2');
  await isSound(page, 'partner-product-new');
  await page.getByRole('button', { name: 'Make it, as a draft' }).dblclick();
  await expect(done(page, 'The product is made, as a draft.')).toBeVisible();
  const file = (text: string) => ({ name: 'codes.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByLabel('Or a file with them').setInputFiles(file('code\nAB-1\nno code\nAB-1\n'));
  await page.getByRole('button', { name: 'Take in these codes' }).click();
  await expect(page.getByRole('alert')).toContainText('line 3 is no code');
  await isSound(page, 'partner-codes-wrong');
  const codes = Array.from({ length: 300 }, (_, at) => `AB-${at}`).join('\n');
  await page.getByLabel('Or a file with them').setInputFiles(file(codes));
  await page.getByRole('button', { name: 'Take in these codes' }).click();
  await expect(done(page, 'The codes are there')).toBeVisible();
  await expect(page.locator('.stock')).toContainText('300');
  await page.getByRole('button', { name: 'Put it on sale' }).click();
  await expect(done(page, 'It is on sale.')).toBeVisible();
  await isSound(page, 'partner-product');
  await parts(page).getByRole('link', { name: 'Vouchers' }).click();
  await expect(page.getByRole('region', { name: 'Products' }).getByRole('row', { name: /Ten off/ })).toHaveCount(1);
  await isSound(page, 'partner-products');
  await page.context().close();
});

test('staff are invited to a till, and have that page alone @chromium', async ({ crease, browser }) => {
  test.slow();
  const owner = await (await browser.newContext()).newPage();
  await signUp(crease, owner);
  await owner.goto(`${crease.url}/console`);
  await owner.getByRole('link', { name: 'Team', exact: true }).click();
  const email = `till-${Date.now()}@dailycover.example`;
  await owner.getByLabel('E-mail').fill(email);
  await owner.getByLabel('Role', { exact: true }).selectOption('staff');
  await isSound(owner, 'team-staff');
  await owner.getByRole('button', { name: 'Send the invitation' }).click();
  await expect(done(owner, 'The invitation is on its way.')).toBeVisible();

  const page = await (await browser.newContext()).newPage();
  await page.goto(await link(crease, email));
  await page.getByLabel('Your name').fill('Tim Till');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: /join|account/i }).click();
  await expect(page.getByRole('heading', { name: 'Redeem a voucher' })).toBeVisible();
  await expect(done(page, 'Welcome to the team.')).toBeVisible();
  await expect(page.getByRole('navigation').getByRole('link')).toHaveText(['Redeem']);
  await isSound(page, 'till');
  const refused = await page.goto(page.url().replace(/\/redeem.*/, '/keys'));
  expect(refused?.status()).toBe(403);
  await isSound(page, 'till-refused');
  await page.getByRole('link', { name: 'Go to the console' }).click();
  await expect(page.getByRole('heading', { name: 'Redeem a voucher' })).toBeVisible();
  await page.getByLabel('Code').fill('0000-0000-0000-0000');
  await page.getByRole('button', { name: 'Look it up' }).click();
  await expect(page.getByRole('alert')).toContainText('There is no voucher of yours that this redeems.');
  await owner.context().close();
  await page.context().close();
});

test('operators have a till for the house @chromium', async ({ crease, browser }) => {
  test.slow();
  const [asha, ben] = await operators(crease, browser);
  await ben.context().close();
  await asha.goto(`${crease.url}/console/rewards`);
  await parts(asha).getByRole('link', { name: 'Redeem' }).click();
  await expect(asha.getByText("vouchers of the house's own products")).toBeVisible();
  await asha.getByLabel('Code').fill('0000-0000-0000-0000');
  await asha.getByRole('button', { name: 'Look it up' }).click();
  await expect(asha.getByRole('alert')).toContainText('There is no voucher of yours that this redeems.');
  await isSound(asha, 'house-redeem');
  await asha.goto(`${crease.url}/redeem`);
  await expect(asha.getByRole('link', { name: 'Type a code of the house' })).toBeVisible();
  await isSound(asha, 'house-scanned');
  await asha.context().close();
});
