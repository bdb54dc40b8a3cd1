// Markets among the rewards: a book as it changes, and a fan's orders in it.
import { expect, test } from '../fixtures';
import { balance, element, furnish, level, news, open, order, step, tab } from '../rewards-page';
import { FakeWallet } from '../wallet';

test('a book is followed as it changes, and let go with its tab', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  const wrong = await open(wallet, crease, page);
  await tab(page, 'Market').click();
  await expect(level(page, 'ask', '121')).toContainText('3');
  await expect(element(page).locator('tr.ask:visible')).toHaveCount(6);
  await expect(element(page).locator('tr.bid:visible')).toHaveCount(4);
  await expect(element(page).locator('.gap')).toHaveText('3 apart');
  await expect(element(page).locator('.last')).toHaveText('119');
  rewards.change(['ask', 120, 5], ['bid', 110, 0]);
  await expect(level(page, 'ask', '120')).toContainText('5');
  await expect(element(page).locator('tr.bid:visible')).toHaveCount(3);
  await expect(element(page).getByRole('button', { name: 'Buy at 120' })).toBeVisible();
  rewards.trade(120, 2, 'buy');
  await expect(element(page).locator('.last')).toHaveText('120');
  await expect(element(page).locator('.trade').first()).toContainText('120 \u00d7 2');
  rewards.change(...[...rewards.asks].map(([price]) => ['ask', price, 0] as ['ask', number, number]));
  rewards.change(...[...rewards.bids].map(([price]) => ['bid', price, 0] as ['bid', number, number]));
  await expect(element(page).locator('.gap')).toHaveText('No offers yet');
  await expect(element(page).getByRole('button', { name: 'Sell', exact: true }).first()).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  rewards.change(['ask', 120, 5]);
  await expect(element(page).locator('.gap')).toHaveText('\u2013');
  rewards.turn('halted');
  await expect(element(page).locator('.market .badge')).toHaveText('Halted');
  await expect(element(page).getByText('Trading is halted. Your orders stay, and can be cancelled.')).toBeVisible();
  await expect(element(page).getByRole('button', { name: 'Buy at 120' })).toHaveAttribute('aria-disabled', 'true');
  await element(page).getByRole('button', { name: 'Buy at 120' }).dispatchEvent('click');
  await expect(step(page)).toHaveCount(0);
  rewards.turn('open');
  await expect(element(page).getByRole('button', { name: 'Buy at 120' })).toHaveAttribute('aria-disabled', 'false');
  expect(rewards.readers).toBe(1);
  await tab(page, 'Earned').click();
  await expect.poll(() => rewards.readers).toBe(0);
  await tab(page, 'Market').click();
  await expect.poll(() => rewards.readers).toBe(1);
  await page.evaluate(() => document.querySelector('crease-rewards')!.remove());
  await expect.poll(() => rewards.readers).toBe(0);
  expect(wrong).toEqual([]);
});

test('the best offer is taken when what it costs is confirmed, and not at a worse price', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  const wrong = await open(wallet, crease, page);
  await tab(page, 'Market').click();
  await expect(element(page).getByText('You have 2')).toBeVisible();
  await element(page).getByRole('button', { name: 'Buy at 121' }).click();
  await expect(step(page)).toContainText('It costs');
  await expect(step(page)).toContainText('121 points');
  await page.keyboard.press('Enter');
  await expect(news(page)).toHaveText('Bought 1 for 121 points');
  await expect(balance(page)).toHaveText('1,119');
  await expect(element(page).getByText('You have 3')).toBeVisible();
  await element(page).getByRole('button', { name: 'Sell at 118' }).click();
  await expect(step(page)).toContainText('It brings');
  await page.keyboard.press('Enter');
  await expect(news(page)).toHaveText('Sold 1 for 118 points');
  await expect(balance(page)).toHaveText('1,237');
  await element(page).getByRole('button', { name: 'Buy at 121' }).click();
  await expect(step(page)).toBeVisible();
  rewards.change(['ask', 121, 0]);
  await step(page).getByRole('button', { name: 'Buy' }).click();
  await expect(step(page).getByRole('alert')).toHaveText('The price has moved. Nothing was traded.');
  await page.keyboard.press('Escape');
  expect(wrong).toEqual([]);
});

test("an order at a price of the fan's own rests, and is cancelled", async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  const wrong = await open(wallet, crease, page);
  await tab(page, 'Market').click();
  await level(page, 'bid', '118').getByRole('button').click();
  await expect(element(page).getByLabel('Price', { exact: true })).toHaveValue('118');
  await expect(element(page).getByLabel('Price', { exact: true })).toBeFocused();
  await element(page).getByLabel('Quantity', { exact: true }).fill('2');
  await expect(element(page).locator('form output')).toHaveText('It costs 236 points');
  await element(page).getByLabel('Price', { exact: true }).fill('119');
  await page.keyboard.press('Enter');
  await expect(step(page)).toContainText('238 points');
  await expect(step(page)).toContainText('on hold until it is filled or cancelled');
  await page.keyboard.press('Enter');
  await expect(news(page)).toHaveText('Your order is in the book');
  await expect(order(page)).toContainText('Buy 2 at 119');
  await expect(level(page, 'bid', '119')).toHaveClass(/own/);
  // A price that the market does not know is not asked for.
  await element(page).getByLabel('Price', { exact: true }).fill('201');
  await element(page).getByRole('button', { name: 'Place order' }).click();
  await expect(step(page)).toHaveCount(0);
  await element(page).locator('.choice').getByRole('button', { name: 'Sell' }).click();
  await element(page).getByLabel('Price', { exact: true }).fill('150');
  await element(page).getByRole('button', { name: 'Place order' }).click();
  await expect(step(page)).toContainText('What you offer is on hold');
  await step(page).getByRole('button', { name: 'Sell' }).click();
  await expect(order(page)).toHaveCount(2);
  await order(page).first().getByRole('button', { name: 'Change: Buy 2 at 119' }).click();
  await expect(step(page)).toContainText('behind the others');
  await step(page).getByLabel('Price', { exact: true }).fill('120');
  await step(page).getByLabel('Quantity', { exact: true }).fill('0');
  await page.keyboard.press('Enter');
  await step(page).getByRole('button', { name: 'Change' }).click();
  await expect(step(page)).toHaveCount(1);
  await step(page).getByLabel('Quantity', { exact: true }).fill('3');
  await step(page).getByRole('button', { name: 'Change' }).click();
  await expect(news(page)).toHaveText('Changed');
  await order(page).first().getByRole('button', { name: 'Cancel: Buy 3 at 120' }).click();
  await expect(order(page)).toHaveCount(1);
  await expect(news(page)).toHaveText('Cancelled');
  await expect(level(page, 'bid', '120')).toHaveCount(0);
  rewards.refusals = [{ of: 'POST /v1/markets', status: 409, word: 'market-closed' }];
  await element(page).getByRole('button', { name: 'Place order' }).click();
  await step(page).getByRole('button', { name: 'Sell' }).click();
  await expect(step(page).getByRole('alert')).toHaveText('This market is closed.');
  await page.keyboard.press('Escape');
  expect(wrong.filter((it) => !it.includes('409'))).toEqual([]);
});

test('what is too much to pay, or more than there is, cannot be confirmed', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  furnish(wallet);
  await open(wallet, crease, page);
  await tab(page, 'Market').click();
  await expect(element(page).getByText('You have 2')).toBeVisible();
  await element(page).getByLabel('Price', { exact: true }).fill('150');
  await element(page).getByLabel('Quantity', { exact: true }).fill('10');
  await page.keyboard.press('Enter');
  await expect(step(page).getByRole('alert')).toHaveText('300 points too few');
  await expect(step(page).getByRole('button', { name: 'Buy' })).toBeHidden();
  await page.keyboard.press('Escape');
  await element(page).locator('.choice').getByRole('button', { name: 'Sell' }).click();
  await element(page).getByRole('button', { name: 'Place order' }).click();
  await expect(step(page).getByRole('alert')).toHaveText('You do not have enough of these to sell.');
});

test('a market that is away, and one that comes back, are told', async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await open(wallet, crease, page);
  rewards.refusals = [{ of: 'GET /v1/markets', status: 503, word: 'unavailable' }];
  await tab(page, 'Market').click();
  await expect(element(page).getByText('This does not work just now. Please try again soon.')).toBeVisible();
  rewards.refusals = [];
  await element(page).getByRole('button', { name: 'Try again' }).click();
  await expect(level(page, 'ask', '121')).toBeVisible();
  await element(page).getByRole('button', { name: /Scarf/ }).click();
  await expect(element(page).locator('.market .what')).toHaveText('Scarf');
});

test('what became of an order is told, and asked again under the same key where that is not known', async ({
  crease,
  page,
}) => {
  const wallet = await FakeWallet.before(crease, page);
  const rewards = furnish(wallet);
  await open(wallet, crease, page);
  await tab(page, 'Market').click();
  const buy = element(page).getByRole('button', { name: 'Buy at 121' });
  const alert = step(page).getByRole('alert');
  for (const [next, text] of [
    [{ state: 'refused', reason: 'outside-collar' }, "This price is too far from the market's."],
    [{ state: 'refused', reason: 'some-new-word' }, 'The market did not take this order.'],
    [{ state: 'cancelled', reason: 'self-trade' }, 'It would have met an order of your own. Nothing was traded.'],
    [{ state: 'cancelled', reason: 'unfilled' }, 'The price has moved. Nothing was traded.'],
  ] as const) {
    rewards.next = next;
    await buy.click();
    await page.keyboard.press('Enter');
    await expect(alert).toHaveText(text);
    await page.keyboard.press('Escape');
    await expect(step(page)).toHaveCount(0);
  }
  for (const [status, word, text] of [
    [409, 'too-many-orders', 'You have too many orders: cancel one first.'],
    [409, 'market-halted', 'Trading is halted. Your orders stay, and can be cancelled.'],
    [503, 'market-away', 'This market cannot be reached just now.'],
  ] as const) {
    rewards.refusals = [{ of: 'POST /v1/markets', status, word }];
    await buy.click();
    await page.keyboard.press('Enter');
    await expect(alert).toHaveText(text);
    await page.keyboard.press('Escape');
    await expect(step(page)).toHaveCount(0);
  }
  rewards.refusals = [{ of: 'POST /v1/markets', status: 503, word: 'unsure' }];
  rewards.keys.length = 0;
  await buy.click();
  await page.keyboard.press('Enter');
  await expect(alert).toContainText('Press again to see: nothing is done twice.');
  rewards.refusals = [];
  await page.keyboard.press('Enter');
  await expect(news(page)).toHaveText('Bought 1 for 121 points');
  expect(rewards.keys.length).toBe(2);
  expect(new Set(rewards.keys).size).toBe(1);
});
