// An operator makes a campaign by its form, tries it on what was heard, and has it go live.
import { operators, test } from '../bank';
import { type Crease, expect } from '../fixtures';
import { signer } from '../signer';
import { isSound } from '../sound';
import type { Page } from '@playwright/test';

/** Fans of a test key's pages check in. */
async function checkIn(crease: Crease, users: string[]): Promise<void> {
  const sign = await signer(crease, 'test');
  for (const user of users) {
    const own = { 'x-crease-key': crease.demo.test_key, 'crease-fan': sign(user), origin: 'http://localhost:3000' };
    const told = await fetch(`${crease.url}/v1/rewards/check-ins`, { method: 'POST', headers: own });
    expect(told.ok, await told.text()).toBe(true);
  }
}

test('a campaign from its first field to going live @chromium', async ({ crease, browser }) => {
  test.slow();
  const [asha, ben] = await operators(crease, browser);
  await ben.context().close();
  await checkIn(crease, ['one', 'two', 'three', 'four', 'five', 'six', 'seven']);

  await asha.goto(`${crease.url}/console/operations`);
  await asha.getByRole('link', { name: 'Rewards' }).click();
  await asha.getByRole('navigation', { name: 'Books' }).getByRole('link', { name: 'Test' }).click();
  await expect(asha.getByText('There is no campaign in these books yet.')).toBeVisible();
  await isSound(asha, 'none');

  // Tiers, by which rules may give more.
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Tiers' }).click();
  await asha.getByLabel('Name').nth(0).fill('silver');
  await asha.getByLabel('From so many points').nth(0).fill('100');
  await asha.getByLabel('Name').nth(1).fill('gold');
  await asha.getByLabel('From so many points').nth(1).fill('1000');
  await asha.getByRole('button', { name: 'Save tiers' }).click();
  await expect(asha.getByRole('status').filter({ hasText: 'The tiers are saved.' })).toBeVisible();
  await isSound(asha, 'tiers');

  // A new campaign: whose fans it is for is asked once.
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Campaigns' }).click();
  await asha.getByRole('link', { name: 'New campaign' }).click();
  await expect(asha.getByLabel('Organisation', { exact: true })).toBeHidden();
  await asha.getByText("One organisation's fans").click();
  await asha.getByLabel('Organisation', { exact: true }).fill('Nobody');
  await asha.getByRole('button', { name: 'Make it' }).click();
  await expect(asha.getByRole('alert')).toContainText('Give it a name');
  await expect(asha.getByRole('alert')).toContainText('There is no organisation of that id or name.');
  await isSound(asha, 'new');
  await asha.getByLabel('Name', { exact: true }).fill('IPL final: every six counts');
  await asha.getByText('All fans', { exact: true }).click();
  await asha.getByRole('button', { name: 'Make it' }).click();
  await expect(asha.getByRole('heading', { level: 1 })).toContainText('IPL final: every six counts: version 1');
  await isSound(asha, 'write-first');

  const yesterday = new Date(Date.now() - 24 * 3600 * 1000).toISOString().slice(0, 16);
  await asha.getByLabel('Starts (UTC)').fill(yesterday);

  // A rule with conditions; buttons bring back all that was typed, without a script.
  const one = asha.getByRole('group', { name: 'Rule 1' });
  await one.getByLabel('Title').fill('A big six while you watch');
  await one.getByLabel('Points', { exact: true }).fill('ten');
  await one.getByLabel('What happens').selectOption('six');
  await one.getByRole('button', { name: 'Add a condition' }).click();
  const row = (number: number) => one.locator('.condition').nth(number);
  await row(0).getByLabel('About').selectOption('match.format');
  await row(0).getByLabel('That it').selectOption('one-of');
  await row(0).getByLabel('What', { exact: true }).fill('t20, it20');
  await one.getByRole('button', { name: 'Add a condition' }).click();
  await expect(row(0).getByLabel('What', { exact: true })).toHaveValue('t20, it20');
  await expect(row(1)).toBeInViewport();
  await row(1).getByLabel('About').selectOption('own');
  await row(1).getByLabel('Its name').fill('trigger.shot');
  await row(1).getByLabel('What', { exact: true }).fill('over cover');
  await one.getByText('More: by number').click();
  await one.getByLabel('gold').fill('150');
  await one.getByLabel('A fan in a day').fill('60');

  // A second one, for who comes back.
  await asha.getByRole('button', { name: 'Add a rule' }).click();
  const two = asha.getByRole('group', { name: 'Rule 2' });
  await expect(two).toBeInViewport();
  await two.getByLabel('Title').fill('Come back each day');
  await two.getByLabel('Points', { exact: true }).fill('5');
  await two.getByLabel('What happens').selectOption('check-in');
  await two.getByText('More: by number').click();
  await two.getByLabel('More for who comes back').selectOption('days');
  await two.getByLabel('How many days or times').fill('7');
  await two.getByLabel('Points more').fill('100');
  await asha.getByRole('button', { name: 'Save as version 1' }).click();
  await expect(asha.getByRole('alert')).toContainText('Enter a whole number from 0 to 1000000.');
  await expect(one.getByLabel('Points', { exact: true })).toHaveValue('ten');
  await expect(one.getByLabel('gold')).toHaveValue('150');
  await isSound(asha, 'write');
  await one.getByLabel('Points', { exact: true }).fill('10');
  await asha.getByRole('button', { name: 'Save as version 1' }).click();
  await expect(asha.getByRole('status').filter({ hasText: 'The version is saved.' })).toBeVisible();
  await expect(asha.getByRole('region', { name: 'Rules' })).toContainText('a six, if format is one of t20, it20 and trigger.shot is over cover');
  await isSound(asha, 'version');

  // It is tried: nothing is in its budget yet, and that is said before it goes live.
  await asha.getByRole('link', { name: 'Try it on what was heard' }).click();
  await expect(asha.locator('.sums')).toContainText('35');
  await expect(asha.getByText('Its budget is empty.')).toBeVisible();
  await asha.getByRole('link', { name: 'fill it' }).click();
  await asha.getByLabel('Points', { exact: true }).fill('1000');
  await asha.getByLabel('Why').fill('Ordered by marketing for the final');
  await asha.getByRole('button', { name: 'Fill the budget' }).click();
  await expect(asha.getByText('The budget is filled.')).toBeVisible();
  await isSound(asha, 'draft');
  await asha.getByRole('link', { name: 'Try version 1, and go live' }).click();
  await expect(asha.getByText('Its budget does not reach.')).toBeVisible();
  await isSound(asha, 'forecast-beyond');
  await asha.getByRole('button', { name: 'Go live with version 1' }).click();
  await expect(asha.getByRole('alert').filter({ hasText: 'It is not live yet.' })).toBeVisible();
  await asha.getByRole('link', { name: 'Back to the campaign' }).click();
  await asha.getByText('Fill it').click();
  await asha.getByLabel('Points', { exact: true }).fill('50000');
  await asha.getByLabel('Why').fill('The rest');
  await asha.getByRole('button', { name: 'Fill the budget' }).click();
  await asha.getByRole('link', { name: 'Try version 1, and go live' }).click();
  await isSound(asha, 'forecast');
  await asha.getByRole('button', { name: 'Go live with version 1' }).click();
  await expect(asha.getByText('The version is live: what happens')).toBeVisible();
  await expect(asha.getByRole('heading', { name: 'Live: version 1' })).toBeVisible();

  // It pays.
  await checkIn(crease, ['eight']);
  await expect(async () => {
    await asha.reload();
    const figures = asha.getByRole('region', { name: 'Figures of rules' });
    await expect(figures.getByRole('row', { name: /Come back each day/ })).toContainText('5', { timeout: 500 });
    await expect(asha.getByRole('region', { name: 'Versions of the campaign' })).toContainText('live');
    await expect(asha.locator('.sums')).toContainText('50,995', { timeout: 500 });
  }).toPass();
  await isSound(asha, 'campaign');
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Campaigns' }).click();
  await isSound(asha, 'campaigns');

  // Eight fans with one device are looked at.
  await asha.goto(`${crease.url}/console/operations`);
  await asha.getByRole('button', { name: 'Run rewards-signals now' }).click();
  await expect(asha.getByRole('status')).toHaveText('Run rewards-signals now: done.');
  await asha.goto(`${crease.url}/console/rewards/signals?mode=test`);
  await expect(async () => {
    await asha.reload();
    await expect(asha.getByRole('article', { name: 'fans on one device' })).toBeVisible({ timeout: 500 });
  }).toPass();
  await isSound(asha, 'signals');
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Audit' }).click();
  await expect(asha.getByRole('region', { name: 'What was done' })).toContainText('campaign.live');
  await isSound(asha, 'audit');
  await asha.context().close();
});

test('a product from its terms to a market that is halted @chromium', async ({ crease, browser }) => {
  test.slow();
  const [asha, ben] = await operators(crease, browser);
  await ben.context().close();
  await asha.goto(`${crease.url}/console/rewards/products?mode=test`);
  await asha.getByRole('link', { name: 'New product' }).click();
  await asha.getByLabel('Name', { exact: true }).fill('A flat white');
  await asha.getByLabel('Description').fill('At any of our cafés, one a visit');
  await asha.getByLabel('Price in points').fill('free');
  await asha.getByLabel('It may be traded on a market').check();
  await asha.getByRole('button', { name: 'Make it, as a draft' }).click();
  await expect(asha.getByRole('alert')).toContainText('whole number');
  await expect(asha.getByLabel('Description')).toHaveValue('At any of our cafés, one a visit');
  await isSound(asha, 'product-new');
  await asha.getByLabel('Price in points').fill('150');
  await asha.getByRole('button', { name: 'Make it, as a draft' }).click();
  await expect(asha.getByText('The product is made, as a draft.')).toBeVisible();
  await asha.getByLabel('How many').fill('1200');
  await asha.getByRole('button', { name: 'Make codes' }).click();
  await expect(asha.locator('.stock')).toContainText('1,200');
  await asha.getByRole('button', { name: 'Put it on sale' }).click();
  await expect(asha.getByText('It is on sale.')).toBeVisible();
  await isSound(asha, 'product');
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Vouchers' }).click();
  await isSound(asha, 'products');

  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Markets' }).click();
  await asha.getByRole('link', { name: 'New market' }).click();
  await isSound(asha, 'market-new');
  await asha.getByLabel('Product').selectOption({ index: 1 });
  await asha.getByRole('button', { name: 'Make the market' }).click();
  await expect(asha.getByText('The market is made.')).toBeVisible();
  await expect(async () => {
    await asha.reload();
    await expect(asha.getByText('Nothing rests in it.')).toBeVisible({ timeout: 500 });
  }).toPass();
  await asha.getByText('Halt it').click();
  await asha.getByLabel('Why').first().fill('Prices are odd');
  await asha.getByRole('button', { name: 'Halt the market' }).click();
  await expect(asha.getByText('The market is halted.')).toBeVisible();
  await isSound(asha, 'market');
  await asha.getByText('Reopen it').click();
  await asha.getByLabel('Why').first().fill('All is well');
  await asha.getByRole('button', { name: 'Reopen the market' }).click();
  await expect(asha.getByText('The market is open again.')).toBeVisible();
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Markets' }).click();
  await isSound(asha, 'markets');
  await asha.context().close();
});
