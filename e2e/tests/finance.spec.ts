// Operators look at the books, and two of them give money back.
import AxeBuilder from '@axe-core/playwright';
import { buy, operators, test } from '../bank';
import { expect } from '../fixtures';
import type { Page } from '@playwright/test';

const NARROW = 360;

/** No violation in light and dark, and nothing wider than a phone but what scrolls by itself. */
async function isSound(page: Page): Promise<void> {
  const whole = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((it) => `${page.url()} ${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
  }
  await page.setViewportSize({ width: NARROW, height: 740 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, page.url()).toBeLessThanOrEqual(NARROW);
  await page.setViewportSize(whole);
}

test('from the overview to a refund that another operator approves @chromium', async ({ crease, browser }) => {
  test.slow();
  const [asha, ben] = await operators(crease, browser);
  const paid = await buy(crease, 'asha-7');

  // The overview: nothing waits, and the books are in balance.
  await asha.goto(`${crease.url}/console/operations`);
  await asha.getByRole('link', { name: 'Finance' }).click();
  await expect(asha.getByText('Live books: real money')).toBeVisible();
  await asha.getByRole('navigation', { name: 'Books' }).getByRole('link', { name: 'Test' }).click();
  await expect(asha.getByText('Test books: no money moves')).toBeVisible();
  await expect(asha.getByText('✓ in balance')).toHaveCount(3);
  await expect(asha.getByText('out of balance')).toHaveCount(0);
  const rupees = asha.getByRole('region', { name: 'Trial balance of INR' });
  await expect(rupees.getByRole('row', { name: /^Gateways/ })).toContainText('−99.00');
  await isSound(asha);
  const download = asha.waitForEvent('download');
  await asha.getByRole('link', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toMatch(/^trial-balance-test-.*\.csv$/);

  // An account and its statement.
  await rupees.getByRole('link', { name: 'Gateways' }).click();
  await asha.getByRole('link', { name: 'sandbox/test' }).click();
  await expect(asha.getByRole('heading', { level: 1 })).toContainText('sandbox/test');
  const lines = asha.getByRole('region', { name: 'Lines of the statement' });
  await expect(lines.getByRole('row').filter({ hasText: 'top-up' })).toContainText('−99.00');
  await isSound(asha);

  // The transfer, and the payment that it belongs to.
  await lines.getByRole('link', { name: /^trf_/ }).click();
  await expect(asha.getByRole('heading', { name: 'Place in the hash chain' })).toBeVisible();
  await isSound(asha);
  await asha.getByRole('link', { name: paid.id }).click();
  await expect(asha.getByRole('heading', { level: 1 })).toContainText('Payment');
  await expect(asha.locator('.facts')).toContainText('99.00 INR');

  // A refund: not a paisa too much, and not by one alone.
  await asha.getByText('Ask for a refund').click();
  await asha.getByLabel('Amount').fill('99.005');
  await asha.getByLabel('Why').fill('Bought twice');
  await asha.getByRole('button', { name: 'Ask for the refund' }).click();
  await expect(asha.getByRole('alert')).toContainText('INR has 2 decimal places at most.');
  await isSound(asha);
  await asha.getByLabel('Amount').fill('40.50');
  await asha.getByRole('button', { name: 'Ask for the refund' }).click();
  await expect(asha.getByRole('status').filter({ hasText: 'asked for' })).toBeVisible();
  await asha.getByRole('link', { name: 'Approve or refuse' }).click();
  await expect(asha.getByText('You asked for it: another operator approves it.')).toBeVisible();
  await expect(asha.getByRole('button', { name: /^Approve/ })).toHaveCount(0);

  await ben.goto(`${crease.url}/console/finance/approvals?mode=test`);
  await isSound(ben);
  const card = ben.locator('article', { hasText: '40.50' });
  await expect(card).toContainText('Bought twice');
  await card.getByRole('button', { name: 'Approve the refund of 40.50 INR' }).click();
  await expect(ben.getByText('The refund is approved, and on its way.')).toBeVisible();
  await expect(ben.getByText('None waits. A refund is asked for')).toBeVisible();

  // It went, and all of it is written down.
  await expect(async () => {
    await ben.goto(`${crease.url}/console/finance/payments/${paid.id}?mode=test`);
    await expect(ben.getByRole('region', { name: 'Refunds of the payment' })).toContainText('done', { timeout: 500 });
  }).toPass();
  await isSound(ben);
  await ben.getByRole('link', { name: 'Audit' }).click();
  const log = ben.getByRole('region', { name: 'What was done' });
  await expect(log).toContainText('refund.ask');
  await expect(log).toContainText('refund.approve');
  await isSound(ben);
  await ben.goto(`${crease.url}/console/finance?mode=test`);
  await expect(ben.getByText('✓ in balance')).toHaveCount(3);
  for (const part of ['Reconciliation', 'Webhooks', 'Accounts', 'Payments']) {
    await ben.getByRole('navigation', { name: 'Finance' }).getByRole('link', { name: part }).click();
    await expect(ben.getByRole('heading', { level: 1 })).toContainText(part);
    await isSound(ben);
  }
  await asha.context().close();
  await ben.context().close();
});

test('whoever has an id finds what it names, and who is no operator finds nothing', async ({ crease, browser }) => {
  const context = await browser.newContext({ httpCredentials: { username: 'asha', password: crease.demo.operations_secret } });
  const page = await context.newPage();
  await page.goto(`${crease.url}/console/finance`);
  await page.getByLabel('Find by id or owner').fill('trf_0000000000000000000000');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.locator('main')).toContainText('There is no transfer trf_0000000000000000000000');
  await page.goto(`${crease.url}/console/finance/approvals`);
  await expect(page.locator('main')).toContainText('which proves no name');
  await context.close();
  const answer = await fetch(`${crease.url}/console/finance`);
  expect(answer.status, 'the secret is asked for').toBe(401);
});
