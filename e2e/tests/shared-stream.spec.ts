// One stream for all elements of a page and all tabs of a site: it moves from tab to tab, pauses where nobody looks, and loses nothing.
import { ClubMatch } from '../club';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, readers, troubles } from '../partner';
import type { BrowserContext, Page } from '@playwright/test';

const runs = (page: Page) => page.locator('crease-match .team:first-child .runs');
const badge = (page: Page) => page.locator('crease-match [part="badge"]').first();

/** Opens the same partner's page in so many tabs, one after the other. */
async function openTabs(crease: Crease, page: Page, context: BrowserContext, count: number, body: string): Promise<Page[]> {
  await openPartner(crease, page, { body });
  const tabs = [page];
  while (tabs.length < count) {
    const tab = await context.newPage();
    await tab.goto(page.url());
    tabs.push(tab);
  }
  return tabs;
}

async function shows(tabs: Page[], score: string, each: number): Promise<void> {
  for (const tab of tabs) await expect(runs(tab)).toHaveText(Array.from({ length: each }, () => score));
}

/** Makes the page believe that it is hidden, or seen again. */
const hide = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

test('twenty widgets in five tabs use one stream, which the tabs hand on', async ({ crease, page, context }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const tabs = await openTabs(crease, page, context, 5, `<crease-match match="${match.id}"></crease-match>`.repeat(4));
  const wrong = tabs.flatMap((tab) => troubles(tab));
  await shows(tabs, '4/0', 4);
  await expect.poll(() => readers(crease)).toBe(1);
  await match.score(2);
  await shows(tabs, '6/0', 4);
  // The one that leads goes first, and each that follows it.
  for (let total = 7; tabs.length > 1; total++) {
    await tabs.shift()?.close({ runBeforeUnload: true });
    await match.score(1);
    await shows(tabs, `${total}/0`, 4);
    await expect.poll(() => readers(crease)).toBe(1);
  }
  expect(wrong).toEqual([]);
});

test('tabs see corrections, a restart of the server and a match that is opened later', async ({ crease, page, context }) => {
  const [match, other] = [await ClubMatch.begin(crease), await ClubMatch.begin(crease)];
  const tabs = await openTabs(crease, page, context, 3, `<crease-match match="${match.id}"></crease-match>`);
  await match.score(4);
  await shows(tabs, '4/0', 1);
  await crease.restart();
  await match.score(6);
  await shows(tabs, '10/0', 1);
  await expect.poll(() => readers(crease)).toBe(1);
  await tabs[2].evaluate((match) => document.querySelector('crease-match')?.setAttribute('match', match), other.id);
  await other.score(1);
  await shows([tabs[2]], '1/0', 1);
  await match.score(2);
  await shows(tabs.slice(0, 2), '12/0', 1);
  await expect.poll(() => readers(crease)).toBe(2);
});

test('a page that nobody looks at for a minute lets its stream go, and catches up when it is seen', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await page.clock.install();
  await openPartner(crease, page, { body: `<crease-match match="${match.id}"></crease-match>` });
  await shows([page], '0/0', 1);
  await expect(page.locator('crease-match [role="status"]'), 'the widget has the stream').toBeAttached();
  await expect.poll(() => readers(crease)).toBe(1);
  await hide(page, true);
  await page.clock.runFor(50_000);
  expect(await readers(crease)).toBe(1);
  await page.clock.runFor(15_000);
  await expect.poll(() => readers(crease)).toBe(0);
  await match.score(4);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await hide(page, false);
  await shows([page], '4/0', 1);
  expect(new URL(asked[0]).searchParams.get('last_event_id')).toMatch(/^\d+\.\d+$/);
  await expect.poll(() => readers(crease)).toBe(1);
});

test('a page without network says so at once, and catches up when it is back', async ({ crease, page, context }) => {
  const match = await ClubMatch.begin(crease);
  await openPartner(crease, page, { body: `<crease-match match="${match.id}"></crease-match>` });
  // The widget, not the frame before it.
  await expect(page.locator('crease-match [role="status"]')).toBeAttached();
  await shows([page], '0/0', 1);
  await context.setOffline(true);
  await expect(badge(page)).toContainText('Reconnecting');
  await match.score(4);
  await context.setOffline(false);
  await shows([page], '4/0', 1);
  await expect(badge(page)).not.toContainText('Reconnecting');
});

test('eight matches on a page are live over HTTP/1.1, where a browser opens six connections', async ({ crease, page }) => {
  const matches = await Promise.all(Array.from({ length: 8 }, () => ClubMatch.begin(crease)));
  await openPartner(crease, page, { body: matches.map((it) => `<crease-match view="compact" match="${it.id}"></crease-match>`).join('') });
  await shows([page], '0/0', 8);
  for (const match of matches) await match.score(4);
  await shows([page], '4/0', 8);
  expect(await readers(crease)).toBeLessThanOrEqual(3);
});

test('a reader who spares bytes gets the score without what is not asked for', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await openPartner(crease, page, { body: `<crease-match view="full" match="${match.id}"></crease-match>` });
  await expect(page.locator('crease-match [role="tab"]')).toHaveCount(4);
  await match.score(4);
  await shows([page], '4/0', 1);
  expect(asked.filter((it) => it.includes('split_'))).toEqual([]);
  // What is asked for comes.
  await page.locator('crease-match [data-ask="tab-scorecard"]').click();
  await expect(page.locator('crease-match .panel')).toContainText('Asha Vale');
});

test('a clock that is wrong by hours changes nothing but what it says', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await page.clock.install({ time: new Date('2031-01-01T00:00:00Z') });
  await openPartner(crease, page, { body: `<crease-match match="${match.id}"></crease-match>` });
  await shows([page], '0/0', 1);
  await match.score(4);
  await shows([page], '4/0', 1);
  await expect(badge(page)).not.toContainText('Reconnecting');
});
