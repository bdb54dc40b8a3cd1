// A server that turns streams away: what the fan reads, and when the widget asks again. Time is the browser's clock, moved by hand.
import { type Crease, expect, test } from '../fixtures';
import type { Page, Route } from '@playwright/test';

const STREAMS = '**/v1/matches/*/stream?*';
const card = (page: Page) => page.locator('article crease-match');
const badge = (page: Page) => card(page).locator('[part="badge"]');

interface Answer {
  status: number;
  retryAfter?: number;
}

const isPlaced = (url: string) => new URL(url).searchParams.has('last_event_id');

/** Answers streams as `answer` says; returns the addresses of those asked for. */
async function turnAway(page: Page, answer: Answer, when: (url: string) => boolean): Promise<string[]> {
  const asked: string[] = [];
  await page.route(STREAMS, async (route: Route) => {
    const url = route.request().url();
    asked.push(url);
    if (!when(url)) return route.continue();
    const headers: Record<string, string> = { 'access-control-expose-headers': 'retry-after' };
    if (answer.retryAfter !== undefined) headers['retry-after'] = String(answer.retryAfter);
    const body = JSON.stringify({ type: '/problems/test', title: `Refused with ${answer.status}`, status: answer.status });
    await route.fulfill({ status: answer.status, headers, contentType: 'application/problem+json', body });
  });
  return asked;
}

/** The example with one widget, on a clock that a test can move. */
async function open(crease: Crease, page: Page): Promise<void> {
  await page.clock.install();
  await page.route('**/examples/plain-html/?*', async (route) => {
    const answer = await route.fetch();
    const html = (await answer.text()).replace(/<aside[\s\S]*<\/aside>/, '');
    await route.fulfill({ response: answer, body: html });
  });
  await page.goto(crease.page('plain-html', crease.demo.sandbox_match));
}

test('a position that the server refuses is given up for a snapshot', async ({ crease, page }) => {
  await open(crease, page);
  await expect(card(page).locator('.team')).toHaveCount(2);
  const asked = await turnAway(page, { status: 400 }, isPlaced);
  // Its goodbye makes the widget come back with the position that it has.
  await crease.restart();
  const ticking = setInterval(() => void page.clock.fastForward(1000).catch(() => undefined), 100);
  await expect.poll(() => asked.length).toBeGreaterThan(1);
  await expect(badge(page)).not.toContainText('Reconnecting');
  clearInterval(ticking);
  expect(isPlaced(asked[0]), asked[0]).toBe(true);
  expect(isPlaced(asked.at(-1) ?? ''), asked.at(-1)).toBe(false);
  await expect(badge(page)).not.toHaveText('Unavailable');
});

for (const status of [401, 403, 404]) {
  test(`a ${status} is told in words, and not asked for again for minutes`, async ({ crease, page }) => {
    const asked = await turnAway(page, { status }, () => true);
    await open(crease, page);
    await expect(badge(page)).toHaveText('Unavailable');
    await expect(card(page).locator('[part="status"]')).toHaveText(`Refused with ${status}`);
    const first = asked.length;
    expect(first).toBeLessThanOrEqual(2);
    await page.clock.runFor(290_000);
    expect(asked).toHaveLength(first);
    await page.unroute(STREAMS);
    await page.clock.runFor(200_000);
    await expect(card(page).locator('.team')).toHaveCount(2);
    await expect(badge(page)).not.toHaveText('Unavailable');
  });
}

for (const status of [429, 503]) {
  test(`a ${status} is retried when the server says, and no sooner`, async ({ crease, page }) => {
    const asked = await turnAway(page, { status, retryAfter: 40 }, () => true);
    await open(crease, page);
    await expect(badge(page)).toContainText('Reconnecting');
    await expect.poll(() => asked.length).toBe(2);
    await page.clock.runFor(35_000);
    await expect(badge(page)).toContainText('Reconnecting… last heard');
    expect(asked).toHaveLength(2);
    await page.unroute(STREAMS);
    await page.clock.runFor(30_000);
    await expect(card(page).locator('.team')).toHaveCount(2);
    await expect(badge(page)).not.toContainText('Reconnecting');
  });
}
