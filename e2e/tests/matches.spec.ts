// Lists and tickers of matches: what is in them, how they change, and what they do not do to a page.
import AxeBuilder from '@axe-core/playwright';
import { ClubMatch } from '../club';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import type { Page } from '@playwright/test';

const rows = (page: Page) => page.locator('crease-matches li');

/** A page with a list; time is the browser's clock, moved by hand. */
async function open(crease: Crease, page: Page, list: string): Promise<string[]> {
  const wrong = troubles(page);
  const head = `<script async src="${crease.url}/v1/crease-matches.js" data-key="${crease.demo.publishable_key}"></script>`;
  await page.clock.install();
  await openPartner(crease, page, { head, script: null, body: `<main><h1>Cricket</h1>${list}</main>` });
  return wrong;
}

test('live matches are listed with their scores, and kept up to date without a flicker', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const wrong = await open(crease, page, '<crease-matches href="/scores/{id}"></crease-matches>');
  const row = rows(page).filter({ has: page.locator(`a[href="/scores/${match.id}"]`) });
  await expect(row).toContainText('Fernhill');
  await expect(row.locator('.score0')).toHaveText('4/0');
  await expect(row.locator('.badge')).toHaveText('Live');
  await row.locator('a').focus();
  await match.score(6);
  // A list is fresh for a second by the browser's own clock, so that the first look after the ball may still be answered by its cache.
  await expect(async () => {
    await page.clock.runFor(16_000);
    await expect(row.locator('.score0')).toHaveText('10/0', { timeout: 500 });
  }).toPass();
  await expect(row.locator('a')).toBeFocused();
  expect(wrong).toEqual([]);
});

test('fixtures come page by page, and a page can hear which match is opened', async ({ crease, page }) => {
  for (let at = 0; at < 5; at++) {
    await crease.createMatch({ source_match_id: `fixture-${at}-${Math.random()}`, format: 't20', competition: 'Coast League', starts_at: `2031-05-0${at + 1}T14:00:00Z`, teams: [{ name: `North ${at}`, players: ['A'] }, { name: `South ${at}`, players: ['B'] }] });
  }
  const wrong = await open(crease, page, '<crease-matches show="upcoming" limit="2" lang="en-GB"></crease-matches>');
  await expect(rows(page)).toHaveCount(2);
  // The page does not say in which encoding its scripts are.
  await expect(rows(page).first().locator('.occasion')).toContainText('Coast League · ');
  await expect(rows(page).first()).toContainText('Coast League');
  await expect(rows(page).first()).toContainText('May');
  await page.locator('crease-matches .more').click();
  await expect(rows(page)).toHaveCount(4);
  // Both pages are asked for again.
  await page.clock.runFor(200_000);
  await expect(rows(page)).toHaveCount(4);
  // Another list begins with its first page.
  await page.evaluate(() => document.querySelector('crease-matches')?.setAttribute('limit', '3'));
  await expect(rows(page)).toHaveCount(3);
  await expect(page.locator('crease-matches .more')).toBeVisible();
  const opened = page.evaluate(() => new Promise((told) => document.addEventListener('crease:open', (event) => told((event as CustomEvent<{ match: string }>).detail.match))));
  await rows(page).first().locator('button').click();
  expect(await opened).toMatch(/^mat_/);
  expect(wrong).toEqual([]);
});

test('a list says when there is nothing, and when it could not be had, and comes back', async ({ crease, page }) => {
  await page.route('**/v1/matches?*', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), matches: [], next: null } });
  });
  await open(crease, page, '<crease-matches show="finished"></crease-matches>');
  await expect(page.locator('crease-matches .note')).toHaveText('No results yet.');
  await page.unroute('**/v1/matches?*');
  await page.route('**/v1/matches?*', (route) => route.abort());
  await page.evaluate(() => document.querySelector('crease-matches')?.setAttribute('show', 'live'));
  await expect(page.locator('crease-matches .note')).toHaveText('Matches could not be loaded.');
  await page.unroute('**/v1/matches?*');
  await page.clock.runFor(60_000);
  await expect(rows(page).first()).toBeVisible();
});

for (const [width, theme] of [[320, 'light'], [1200, 'dark']] as const) {
  test(`lists and tickers fit ${width} px in ${theme}, and axe finds nothing`, async ({ crease, page }) => {
    const matches = [await ClubMatch.begin(crease), await ClubMatch.begin(crease), await ClubMatch.begin(crease)];
    for (const match of matches) await match.score(4);
    const [long, longer] = ['Royal Challengers of the Upper Valley', 'Royal Challengers of the Upper Valley and Beyond'];
    const id = await crease.createMatch({ source_match_id: `long-${Math.random()}`, format: 't20', teams: [{ name: long, players: ['A'] }, { name: longer, players: ['B'] }] });
    await crease.send(id, [{ id: 'start', command: { type: 'innings_start', team: longer } }]);
    await page.setViewportSize({ width, height: 900 });
    await open(crease, page, `<crease-matches theme="${theme}"></crease-matches><crease-matches view="ticker" theme="${theme}"></crease-matches>`);
    await expect(page.locator('crease-matches').nth(1).locator('li').first()).toBeVisible();
    await expect(rows(page).first()).toBeVisible();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
    const spilt = await page.locator('crease-matches .match').evaluateAll((all) => all.filter((it) => it.scrollWidth > it.clientWidth).length);
    expect(spilt, 'nothing sticks out of a card').toBe(0);
    await page.screenshot({ path: `shots/matches-${width}-${theme}.png`, fullPage: true });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
  });
}

test('a list that is taken out of the page asks for nothing more', async ({ crease, page }) => {
  await open(crease, page, '<crease-matches></crease-matches>');
  await expect(rows(page).first()).toBeVisible();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.evaluate(() => document.querySelector('crease-matches')?.remove());
  await page.clock.runFor(300_000);
  expect(asked).toEqual([]);
});
