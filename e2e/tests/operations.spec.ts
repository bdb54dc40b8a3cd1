// An operator looks at the jobs, live, and acts.
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '../fixtures';
import type { Browser, Page } from '@playwright/test';

async function operator(browser: Browser, secret: string, width = 1280, theme: 'light' | 'dark' = 'light'): Promise<Page> {
  const context = await browser.newContext({
    httpCredentials: { username: 'asha', password: secret },
    viewport: { width, height: 900 },
    colorScheme: theme,
  });
  const page = await context.newPage();
  return page;
}

test('an operator runs a schedule, holds a queue and lets it go, and sees all of it happen', async ({ crease, browser }) => {
  const page = await operator(browser, crease.demo.operations_secret);
  await page.goto(`${crease.url}/console/operations`);
  await expect(page.locator('#state')).toHaveClass(/live/);
  const queue = page.locator('#queue-default');
  const ready = queue.locator('dl div', { hasText: 'ready' }).first().locator('dd');
  // Runs once a night; the others, whose hour may come meanwhile, are held.
  const schedule = page.locator('#schedules tbody tr', { hasText: 'access-over' });
  // One for all jobs, one each for webhooks, rewards, quizzes, content and commentary, and one for the payments of each mode.
  await expect(page.locator('#workers tbody tr')).toHaveCount(8);
  for (const name of ['wallet-holds', 'scorer-sessions', 'partners-usage', 'partners-keys', 'partners-messages', 'access-decisions']) {
    await page.getByRole('button', { name: `Pause ${name}` }).click();
    await expect(page.getByRole('button', { name: `Resume ${name}` })).toBeVisible();
  }
  // One whose minute came just before it was held may have a job on its way: two views later all that there was is done.
  for (let views = 0; views < 2; views += 1) {
    const seen = (await page.locator('#state').textContent()) ?? '';
    await expect(page.locator('#state')).not.toHaveText(seen);
  }
  await expect(ready).toHaveText('0');
  await expect(queue.locator('dl div', { hasText: 'running' }).first().locator('dd')).toHaveText(/^0/);
  const done = async () => Number((await queue.textContent())?.match(/Done ([\d,]+)/)?.[1]?.replace(',', '') ?? 0);
  const before = await done();

  await schedule.getByRole('button', { name: 'Run access-over now' }).click();
  await expect(page.locator('#said')).toHaveText('Run access-over now: done.');
  await expect(schedule).toContainText('ago');
  await expect.poll(done).toBe(before + 1);

  await queue.getByRole('button', { name: 'Pause default' }).click();
  await expect(queue.locator('.flag')).toHaveText('paused');
  await schedule.getByRole('button', { name: 'Run access-over now' }).press('Enter');
  await expect(ready).toHaveText('1');
  // The part around it is drawn anew each second.
  await expect(schedule.getByRole('button', { name: 'Run access-over now' })).toBeFocused();
  await queue.getByText('By the minute').click();
  const said = await page.locator('#state').textContent();
  await expect(page.locator('#state')).not.toHaveText(said ?? '');
  await expect(queue.locator('details')).toHaveAttribute('open', '');
  await queue.getByRole('button', { name: 'Resume default' }).click();
  await expect(queue.locator('.flag')).toHaveCount(0);
  await expect(ready).toHaveText('0');
  await expect.poll(done).toBe(before + 2);
  await page.context().close();
});

test('without the secret there is nothing to see', async ({ crease, browser }) => {
  const page = await operator(browser, 'not-the-right-secret');
  const answer = await page.goto(`${crease.url}/console/operations`);
  expect(answer?.status()).toBe(401);
  await expect(page.locator('main')).toContainText("the operators' secret");
  await page.context().close();
});

for (const [width, theme] of [[390, 'dark'], [820, 'light'], [1280, 'dark']] as const) {
  test(`the page fits ${width} px in ${theme}, and axe finds nothing @chromium`, async ({ crease, browser }) => {
    const page = await operator(browser, crease.demo.operations_secret, width, theme);
    await page.goto(`${crease.url}/console/operations`);
    await expect(page.locator('#state')).toHaveClass(/live/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
    await page.context().close();
  });
}
