// What editors publish, beside a match: where it stands and when, that it comes and goes while a fan looks, and that the score has none of it.
import AxeBuilder from '@axe-core/playwright';
import { ClubMatch, HOME } from '../club';
import { element, headlines, open, piece, score, sheet } from '../content-page';
import { expect, test } from '../fixtures';
import { card, doc, picture } from '../newsroom';
import { openPartner } from '../partner';
import type { Page } from '@playwright/test';

const story = (id: string, slot: string, headline: string, more = {}) => card(id, 'news-card', slot, { headline, body: doc(`About ${headline}.`) }, more);
const banner = (id: string, slot: string, headline: string, more = {}) =>
  card(id, 'banner', slot, { headline, call: 'See seats', href: 'https://tickets.example/seats' }, more);

/** Ends the innings. */
const close = (match: ClubMatch) => match.send({ type: 'innings_end', reason: 'closed' });

const top = (page: Page) => headlines(page, '.published.top');
const bottom = (page: Page) => headlines(page, '.published.bottom');
const feed = (page: Page) => headlines(page, '.lines');

test('cards stand below the score, the highest first, and no more than there is room for', async ({ crease, page }) => {
  await page.addInitScript(() => {
    const moved: string[] = [];
    Object.assign(window, { moved });
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as any[]) for (const { node } of entry.sources) moved.push(node?.className ?? node?.nodeName ?? '');
    });
    if (PerformanceObserver.supportedEntryTypes.includes('layout-shift')) observer.observe({ type: 'layout-shift', buffered: true });
  });
  const { newsroom, wrong } = await open(crease, page, {
    board: {
      cards: [
        story('low', 'match-bottom', 'Low', { priority: -5 }),
        story('new', 'match-bottom', 'New', { at: 1_764_460_900_000 }),
        story('old', 'match-bottom', 'Old', { at: 1_764_460_700_000 }),
        story('high', 'match-bottom', 'High', { priority: 5 }),
        banner('tickets', 'match-top', 'Season tickets', { paid: true }),
        banner('later', 'match-top', 'One too many', { priority: -1 }),
        story('feed', 'match-feed', 'From the nets'),
        story('wallet', 'wallet', 'Elsewhere'),
        card('odd', 'hologram', 'match-top', { headline: 'Not known yet' }),
      ],
    },
  });
  await expect(top(page)).toHaveText(['Season tickets']);
  await expect(bottom(page), 'no balls to stand between in this view').toHaveText(['From the nets', 'High', 'New', 'Old']);
  await expect(piece(page, 'Season tickets')).toContainText('Advertisement');
  const link = piece(page, 'Season tickets').getByRole('link');
  await expect(link).toHaveAttribute('href', 'https://tickets.example/seats');
  await expect(link).toHaveAttribute('rel', 'noopener nofollow sponsored');
  await expect(link).toHaveAttribute('target', '_blank');
  const summary = await element(page).locator('.summary').boundingBox();
  const first = await piece(page, 'Season tickets').boundingBox();
  expect(first!.y).toBeGreaterThanOrEqual(summary!.y + summary!.height);
  const moved: string[] = await page.evaluate(() => (window as any).moved);
  expect(moved.filter((it) => /half|teams|team|score|status|runs|middle|overs/.test(it))).toEqual([]);
  expect(newsroom.asked).toHaveLength(1);
  expect(wrong).toEqual([]);
});

test('elements of a match ask once, a view of one line not at all, and nobody before the score is there', async ({ crease, page }) => {
  const { newsroom, match } = await open(crease, page, { view: 'compact', board: { cards: [story('a', 'match-bottom', 'News')] } });
  await expect(element(page).locator('[role=status]'), 'the widget has taken over').toBeAttached();
  await match.score(2);
  await expect(score(page)).toHaveText('2/0');
  expect(newsroom.asked).toEqual([]);
  await page.evaluate(() => {
    const one = document.querySelector('crease-match')!;
    for (const view of ['card', 'full']) {
      const other = one.cloneNode() as Element;
      other.setAttribute('view', view);
      one.after(other);
    }
  });
  await expect(page.locator('crease-match .published.bottom .headline')).toHaveText(['News', 'News']);
  expect(newsroom.asked).toHaveLength(1);
  const order = await page.evaluate(() => {
    const names = performance.getEntriesByType('resource').map((it) => it.name);
    return ['/embed/', '/content.js', '/content/board', '/cards.js'].map((part) => names.findIndex((it) => it.includes(part)));
  });
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order.every((it) => it >= 0)).toBe(true);
});

test('what is published, changed and taken back is there at once, in each tab, by one stream', async ({ crease, page, context }) => {
  const { newsroom, match, wrong } = await open(crease, page, { board: { cards: [story('a', 'match-bottom', 'First')] } });
  await expect(bottom(page)).toHaveText(['First']);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(bottom(other)).toHaveText(['First']);
  expect(newsroom.readers).toBe(1);

  newsroom.publish([story('b', 'match-bottom', 'Second', { priority: 1 })]);
  for (const tab of [page, other]) await expect(bottom(tab)).toHaveText(['Second', 'First']);
  newsroom.publish([story('b', 'match-bottom', 'Second, again', { priority: 1 })]);
  for (const tab of [page, other]) await expect(bottom(tab)).toHaveText(['Second, again', 'First']);
  newsroom.publish([], ['ent_b']);
  for (const tab of [page, other]) await expect(bottom(tab)).toHaveText(['First']);
  // What a board has already is no news, and what cannot be read is none.
  newsroom.board.number -= 2;
  newsroom.tell({ cards: [story('c', 'match-bottom', 'Stale')], gone: [], ask: false });
  newsroom.board.number += 1;
  await match.score(4);
  for (const tab of [page, other]) await expect(score(tab)).toHaveText('4/0');
  for (const tab of [page, other]) await expect(bottom(tab)).toHaveText(['First']);
  expect(newsroom.asked.filter((it) => it.startsWith('board'))).toHaveLength(2);

  // What is for some only is asked for.
  newsroom.change({ cards: [story('d', 'match-bottom', 'For this partner')] });
  for (const tab of [page, other]) await expect(bottom(tab)).toHaveText(['For this partner']);
  // Where the stream was away, something may have been missed.
  newsroom.board.cards = [story('e', 'match-bottom', 'Missed')];
  newsroom.board.number++;
  newsroom.hangUp();
  for (const tab of [page, other]) await expect(bottom(tab)).toHaveText(['Missed']);
  expect(wrong.filter((it) => !it.includes('ERR_'))).toEqual([]);
});

test('news comes between the balls, goes on with them, and is there again when the fan comes back to them', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  for (let ball = 0; ball < 5; ball++) await match.score(0);
  const { newsroom } = await open(crease, page, { match, view: 'full', board: { cards: [story('a', 'match-feed', 'From the nets')] } });
  await expect(feed(page)).toHaveText(['From the nets']);
  const at = (headline: string) =>
    element(page)
      .locator('.lines')
      .evaluate((list, headline) => [...list.children].findIndex((it) => it.textContent?.includes(headline)), headline);
  expect(await at('From the nets')).toBe(3);
  newsroom.publish([story('b', 'match-feed', 'Just in')]);
  await expect(feed(page)).toHaveText(['Just in', 'From the nets']);
  expect(await at('Just in')).toBe(1);
  await match.score(4);
  await expect(element(page).locator('.lines li')).toHaveCount(8);
  expect(await at('Just in')).toBe(2);
  await element(page).getByRole('tab', { name: 'Scorecard' }).click();
  await expect(element(page).locator('.cards')).toBeVisible();
  await expect(feed(page)).toHaveCount(0);
  await element(page).getByRole('tab', { name: 'Ball by ball' }).click();
  await expect(feed(page)).toHaveText(['From the nets', 'Just in']);
  newsroom.publish([], ['ent_a', 'ent_b']);
  await expect(feed(page)).toHaveCount(0);
});

test('a preview until the toss, others between innings and with the result', async ({ crease, page }) => {
  const match = await ClubMatch.announce(crease);
  const parts = [
    { type: 'text', id: 'a', text: doc('Dry, and it will turn.') },
    { type: 'quote', id: 'b', words: 'We bat first.', player: { id: 'ent_asha', label: 'Asha Vale' } },
    { type: 'players', id: 'c', players: ['ent_dev', { id: 'ent_bram', label: 'Bram Holt' }, 'ent_unknown'] },
    { type: 'hologram', id: 'd' },
  ];
  const preview = card('p', 'match-preview', '', { headline: 'Fernhill at home', parts });
  const cards = [story('i', 'innings-break', 'At half-time'), story('r', 'result', 'How it was won')];
  await open(crease, page, { match, board: { preview, cards, players: { 'Dev Marsh': 'ent_dev' } } });
  await expect(top(page)).toHaveText(['Fernhill at home']);
  await expect(piece(page, 'Fernhill at home')).toContainText('Preview');
  await expect(piece(page, 'Fernhill at home')).toContainText('Dry, and it will turn.');
  await piece(page, 'Fernhill at home').getByRole('button', { name: 'Read more' }).click();
  await expect(sheet(page).getByRole('heading')).toHaveText(['Fernhill at home', 'Players to watch']);
  await expect(sheet(page).locator('blockquote')).toContainText('We bat first.');
  await expect(sheet(page).getByRole('button')).toHaveText(['\u00d7', 'Asha Vale', 'Dev Marsh', 'Bram Holt']);
  await page.keyboard.press('Escape');
  await match.send({ type: 'toss', winner: HOME, decision: 'bat' });
  await expect(top(page)).toHaveCount(0);
  await match.send({ type: 'innings_start', team: HOME });
  await match.score(4);
  await expect(score(page)).toHaveText('4/0');
  await expect(top(page)).toHaveCount(0);
  await close(match);
  await expect(top(page)).toHaveText(['At half-time']);
  await match.send({ type: 'innings_start', team: 'Marlow Green' });
  await expect(top(page)).toHaveCount(0);
  await match.send({ type: 'result', by: 'no_result' });
  await expect(top(page)).toHaveText(['How it was won']);
});
