// What editors publish, beside a match: where it stands and when, that it comes and goes while a fan looks, and that the score has none of it.
import AxeBuilder from '@axe-core/playwright';
import { ClubMatch, HOME } from '../club';
import { element, full, headlines, open, piece, score, sheet } from '../content-page';
import { expect, test } from '../fixtures';
import { card, doc, picture } from '../fake-newsroom';
import { openPartner } from '../partner';
import { furnish, open as openRewards } from '../rewards-page';
import { FakeWallet } from '../wallet';
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const story = (id: string, slot: string, headline: string, more = {}) => card(id, 'news-card', slot, { headline, body: doc(`About ${headline}.`) }, more);
const banner = (id: string, slot: string, headline: string, more = {}) =>
  card(id, 'banner', slot, { headline, call: 'See seats', href: 'https://tickets.example/seats' }, more);

/** What decides without a page. */
const choose = async () => {
  const source = readFileSync(resolve(import.meta.dirname ?? __dirname, '../../widget/loader/content/choose.js'), 'utf8');
  return import(`data:text/javascript,${encodeURIComponent(source)}`);
};

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
  expect(wrong).toEqual([]);
});

test('a page that nobody has seen for long, and a tab that takes over, know what they missed', async ({ crease, page, context }) => {
  await page.clock.install();
  const { newsroom } = await open(crease, page, { board: { cards: [story('a', 'match-bottom', 'First')] } });
  await expect(bottom(page)).toHaveText(['First']);
  const hide = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await expect.poll(() => newsroom.readers).toBe(1);
  await hide(true);
  await page.clock.runFor(65_000);
  await expect.poll(() => newsroom.readers).toBe(0);
  newsroom.publish([story('b', 'match-bottom', 'Missed', { priority: 1 })]);
  await hide(false);
  await expect.poll(() => newsroom.readers).toBe(1);
  await page.clock.runFor(5_000);
  await expect(bottom(page)).toHaveText(['Missed', 'First']);

  const other = await context.newPage();
  await other.goto(page.url());
  await expect(bottom(other)).toHaveText(['Missed', 'First']);
  // Said to nobody: between the one's end and the other's beginning.
  newsroom.board.cards = [story('c', 'match-bottom', 'In between')];
  newsroom.board.number++;
  await page.close({ runBeforeUnload: true });
  await expect(bottom(other)).toHaveText(['In between']);
});

test('who the fan is decides what a share of fans has', async ({ crease, page }) => {
  const { isOn } = await choose();
  const fans = Array.from({ length: 50 }, (_, at) => `guest_${at}`);
  const flags = { content: 50 };
  const [one, other] = [true, false].map((is) => fans.find((it) => isOn(flags, 'content', it) === is));
  let fan_id = one;
  const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
  await page.route('**/v1/fans/guest', (route) =>
    route.fulfill({ status: 201, headers, json: { token: 'token', fan_id, expires_at: new Date(Date.now() + 86_400_000).toISOString() } }),
  );
  const { newsroom } = await open(crease, page, { board: { flags, cards: [story('a', 'match-bottom', 'News')] } });
  const identify = () => page.evaluate(() => (window as any).Crease.identify('guest').then((it: any) => it.id));
  await expect.poll(() => newsroom.asked.length).toBe(1);
  expect(await identify()).toBe(one);
  await expect(bottom(page)).toHaveText(['News']);
  fan_id = other;
  expect(await identify()).toBe(other);
  await expect(bottom(page)).toHaveCount(0);
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
    { type: 'quote', id: 'b', words: 'We bat first.', player: { id: 'ent_asha', title: 'Asha Vale' } },
    { type: 'players', id: 'c', players: ['ent_dev', { id: 'ent_bram', title: 'Bram Holt' }, 'ent_unknown'] },
    { type: 'hologram', id: 'd' },
  ];
  const preview = card('p', 'match-preview', '', { headline: 'Fernhill at home', parts });
  const cards = [story('i', 'innings-break', 'At half-time'), story('r', 'result', 'How it was won')];
  const { newsroom } = await open(crease, page, { match, board: { preview, cards, players: { 'Dev Marsh': 'ent_dev' } } });
  await expect(top(page)).toHaveText(['Fernhill at home']);
  await expect(piece(page, 'Fernhill at home')).toContainText('Preview');
  await expect(piece(page, 'Fernhill at home')).toContainText('Dry, and it will turn.');
  await piece(page, 'Fernhill at home').getByRole('button', { name: 'Read more' }).click();
  await expect(sheet(page).getByRole('heading')).toHaveText(['Fernhill at home', 'Players to watch']);
  await expect(sheet(page).locator('blockquote')).toContainText('We bat first.');
  await expect(sheet(page).getByRole('button')).toHaveText(['\u00d7', 'Asha Vale', 'Dev Marsh', 'Bram Holt']);
  await page.keyboard.press('Escape');
  // Another match's is none of ours; ours is told anew, taken back, and given again.
  const again = { ...preview, match: match.id, words: { en: { headline: 'Told anew' } } };
  newsroom.tell({ cards: [{ ...preview, id: 'ent_other', match: 'mat_other', words: { en: { headline: 'Elsewhere' } } }, again], gone: [], ask: false });
  await expect(top(page)).toHaveText(['Told anew']);
  newsroom.board.preview = null;
  newsroom.tell({ cards: [], gone: ['ent_p'], ask: false });
  await expect(top(page)).toHaveCount(0);
  newsroom.change({ preview: again });
  await expect(top(page)).toHaveText(['Told anew']);
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

test('words are in the language of the reader, else the nearest there is, and others when it is changed', async ({ crease, page }) => {
  const words = (headline: string) => ({ headline, body: doc('\u2026'), href: '/more' });
  const both = card('a', 'news-card', 'match-bottom', {}, { words: { en: words('Rain'), hi: words('\u092c\u093e\u0930\u093f\u0936') } });
  const urdu = card('b', 'banner', 'match-bottom', {}, { paid: true, main: 'ur', priority: -1, words: { ur: { headline: '\u0628\u0627\u0631\u0634' } } });
  const { newsroom } = await open(crease, page, { view: 'full', lang: 'hi-IN', board: { cards: [both, urdu] } });
  await expect(bottom(page)).toHaveText(['\u092c\u093e\u0930\u093f\u0936', '\u0628\u0627\u0631\u0634']);
  const [first, second] = [0, 1].map((at) => element(page).locator('.published.bottom .piece').nth(at));
  await expect(first.getByRole('link')).toHaveText('\u0914\u0930 \u092a\u0922\u093c\u0947\u0902');
  await expect(first).toHaveAttribute('lang', 'hi');
  await expect(second).toHaveAttribute('dir', 'rtl');
  await expect(second).toContainText('\u0935\u093f\u091c\u094d\u091e\u093e\u092a\u0928');
  expect(newsroom.asked[0]).toContain('lang=hi-IN');
  await element(page).locator('#tab-settings').click();
  await element(page).getByRole('button', { name: 'English' }).click();
  await expect(bottom(page)).toHaveText(['Rain', '\u0628\u0627\u0631\u0634']);
  await expect(first.getByRole('link')).toHaveText('Read more');
  await expect(second).toContainText('Advertisement');
  expect(newsroom.asked.at(-1)).toContain('lang=en');
});

test('a card is there from and until its time, by the clock of the server', async ({ crease, page }) => {
  await page.clock.install();
  // The reader's clock is an hour late.
  const ahead = 3_600_000;
  const { newsroom } = await open(crease, page, { board: { cards: [story('a', 'match-bottom', 'Always')] } });
  await expect(bottom(page)).toHaveText(['Always']);
  const now = (await page.evaluate(() => Date.now())) + ahead;
  const soon = story('b', 'match-bottom', 'Soon', { from: now + 60_000, until: now + 120_000, priority: 1 });
  newsroom.publish([soon, story('c', 'match-bottom', 'Over', { until: now - 1 })]);
  await newsroom.tellAt(page, ahead);
  await page.clock.runFor(50_000);
  await expect(bottom(page)).toHaveText(['Always']);
  await page.clock.runFor(20_000);
  await expect(bottom(page)).toHaveText(['Soon', 'Always']);
  await page.clock.runFor(60_000);
  await expect(bottom(page)).toHaveText(['Always']);
});

test('an article opens from a card and a profile from a name, and the focus goes back', async ({ crease, page }) => {
  const { newsroom, match, wrong } = await open(crease, page, {
    view: 'full',
    board: {
      players: { 'Asha Vale': 'ent_asha', 'Cai Rowan': 'ent_cai' },
      cards: [card('a', 'news-card', 'match-bottom', { headline: 'Holt is back', body: doc('At last.'), article: 'ent_story' })],
    },
  });
  newsroom.documents['article/ent_story'] = {
    headline: 'Holt is back, and so is the roar',
    summary: 'Three weeks out.',
    author: 'Ina Field',
    picture: picture('The ground in the evening', { credit: 'Mill Lane Pictures' }),
    body: {
      type: 'doc',
      content: [
        { type: 'heading', attrs: { level: 2 }, content: [{ type: 'text', text: 'What comes next' }] },
        {
          type: 'paragraph',
          content: [
            { type: 'text', text: 'Ask ' },
            { type: 'mention', attrs: { kind: 'player', id: 'ent_asha', label: 'Asha' } },
            { type: 'text', text: ', or read ', marks: [{ type: 'bold' }] },
            { type: 'text', text: 'the re', marks: [{ type: 'link', attrs: { href: 'https://paper.example/' } }] },
            { type: 'text', text: 'port', marks: [{ type: 'link', attrs: { href: 'https://paper.example/' } }, { type: 'italic' }] },
          ],
        },
      ],
    },
    related: [{ id: 'ent_next', kind: 'article', key: null, title: 'The cup on Saturday' }, null],
  };
  newsroom.documents['article/ent_next'] = { headline: 'The cup on Saturday', body: doc('All tickets are gone.') };
  newsroom.documents['player/ent_asha'] = {
    name: 'Asha Vale',
    role: 'all-rounder',
    bats: 'left',
    bowls: 'Off break',
    shirt: 7,
    team: { id: 'ent_fern', kind: 'team', key: null, title: 'Fernhill' },
    portrait: picture('Asha Vale', { name: 'portrait', width: 640, height: 640 }),
    about: doc('Captain since 2024.'),
  };
  const more = element(page).getByRole('button', { name: 'Read more: Holt is back' });
  await more.click();
  await expect(sheet(page).getByRole('heading', { name: 'Holt is back, and so is the roar' })).toBeVisible();
  await expect(sheet(page)).toHaveAccessibleName('Holt is back, and so is the roar');
  await expect(sheet(page).locator('.meta').first()).toHaveText('By Ina FieldNovember 30, 2026');
  await expect(sheet(page).getByRole('img', { name: 'The ground in the evening' })).toHaveJSProperty('complete', true);
  await expect(sheet(page).getByRole('link')).toHaveText(['the report']);
  await expect(sheet(page).getByRole('button', { name: 'Close' })).toBeFocused();
  expect((await new AxeBuilder({ page }).analyze()).violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
  // A profile above the article; Escape closes one after the other.
  await sheet(page).getByRole('button', { name: 'Asha' }).click();
  const profile = sheet(page).filter({ hasText: 'Captain since 2024.' });
  await expect(profile.locator('dd')).toHaveText(['All-rounder', 'Left-handed', 'Off break', 'Fernhill', '7']);
  await page.keyboard.press('Escape');
  await expect(profile).toHaveCount(0);
  await expect(sheet(page).getByRole('button', { name: 'Asha' })).toBeFocused();
  await sheet(page).getByRole('button', { name: 'The cup on Saturday' }).click();
  await expect(sheet(page)).toContainText('All tickets are gone.');
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toHaveCount(0);
  await expect(more).toBeFocused();

  // By keys, from a name of the card; and of one who came later.
  await match.score(2);
  const name = (who: string) => element(page).locator('.now').getByRole('button', { name: who });
  await name('Asha Vale').first().focus();
  await page.keyboard.press('Enter');
  await expect(sheet(page)).toContainText('Captain since 2024.');
  await sheet(page).getByRole('button', { name: 'Close' }).click();
  await expect(name('Asha Vale').first()).toBeFocused();
  await expect(name('Cai Rowan')).toHaveCount(0);
  await match.send(ClubMatch.ball(HOME, { runs: 0, wickets: [{ player: 'Asha Vale', kind: 'bowled' }] }));
  await match.send({ ...ClubMatch.ball(HOME, { runs: 0 }), striker: 'Cai Rowan' });
  // Nobody has written that one; then it is there.
  await name('Cai Rowan').click();
  await expect(sheet(page)).toContainText('This could not be loaded.');
  newsroom.documents['player/ent_cai'] = { name: 'Cai Rowan', role: null, bats: null, bowls: null, team: null, shirt: null, portrait: null, about: null };
  await sheet(page).getByRole('button', { name: 'Try again' }).click();
  await expect(sheet(page).getByRole('heading')).toHaveText('Cai Rowan');
  expect(wrong.filter((it) => !it.includes('404'))).toEqual([]);
});

test('hostile content is text, or nothing', async ({ crease, page }) => {
  const evil = '<img src=x onerror="window.hurt=1">';
  const link = (href: unknown, text = 'click') => ({ type: 'text', text, marks: [{ type: 'link', attrs: { href } }] });
  const hrefs = ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'http://plain.example/', '//elsewhere.example/', '/\\elsewhere.example', '#top', null, { a: 1 }];
  let deep: any = { type: 'paragraph', content: [{ type: 'text', text: 'too deep' }] };
  for (let level = 0; level < 200; level++) deep = { type: 'blockquote', content: [deep] };
  const body = {
    type: 'doc',
    content: [
      { type: 'paragraph', content: [{ type: 'text', text: evil }, ...hrefs.map((it) => link(it)), link('/fine', 'ours'), link('mailto:desk@paper.example', 'letter')] },
      { type: 'script', content: [{ type: 'text', text: 'window.hurt=1' }] },
      { type: 'image', attrs: { picture: { src: 'javascript:1', srcset: 'http://elsewhere.example/a 320w' } } },
      { type: 'embed', attrs: { kind: 'match', id: '"><script>' } },
      deep,
      null,
      7,
    ],
  };
  const odd = { id: 'ent_odd', kind: 'news-card', slot: 'match-bottom', words: null };
  const terms = card('b', 'promo-card', 'match-bottom', { headline: evil, text: evil, call: evil, href: 'javascript:alert(1)', terms: doc(evil) }, { priority: -1 });
  const trusted = "require-trusted-types-for 'script'; trusted-types 'none'";
  const { wrong } = await open(crease, page, {
    policy: `default-src 'none'; style-src 'unsafe-inline'; img-src data: HOST; script-src HOST 'wasm-unsafe-eval'; connect-src HOST; ${trusted}`,
    board: {
      cards: [card('a', 'news-card', 'match-bottom', { headline: evil, body }), terms, odd, null, 'card'],
      notice: evil,
      theme: { light: { ground: 'red; } * { display: none' }, dark: {} },
      flags: { charts: 'off', __proto__: 1 },
      players: { 'Asha Vale': '"><script>' },
    },
  });
  await expect(bottom(page)).toHaveText([evil, evil]);
  await expect(element(page).locator('.notice')).toHaveText(evil);
  const links = element(page).locator('.piece a');
  await expect(links).toHaveText(['ours', 'letter']);
  await expect(links.first()).not.toHaveAttribute('target', '_blank');
  await expect(element(page).locator('img, script')).toHaveCount(0);
  await expect(element(page)).not.toContainText('too deep');
  await expect(score(page)).toBeVisible();
  expect(await page.evaluate(() => (window as any).hurt)).toBeUndefined();
  expect(wrong).toEqual([]);
});

test('flags turn parts off, and the keys pass over them', async ({ crease, page }) => {
  const { newsroom, match, wrong } = await open(crease, page, { view: 'full', board: { cards: [story('a', 'match-bottom', 'News')], notice: 'Delayed' } });
  await expect(bottom(page)).toHaveText(['News']);
  await match.score(4);
  const tab = (name: string) => element(page).getByRole('tab', { name });
  await tab('Charts').click();
  newsroom.change({ flags: { charts: 0, chances: 0, content: 0, notice: 0, fireworks: 0 } });
  await expect(tab('Charts')).toBeHidden();
  await expect(tab('Ball by ball'), 'what was open is no more').toHaveAttribute('aria-selected', 'true');
  await expect(bottom(page)).toHaveCount(0);
  await expect(element(page).locator('.notice')).toBeHidden();
  await expect(element(page).locator('.chances')).toBeHidden();
  await tab('Scorecard').click();
  await page.keyboard.press('ArrowRight');
  await expect(tab('Settings')).toBeFocused();
  await expect(tab('Settings')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowLeft');
  await expect(tab('Scorecard')).toBeFocused();
  newsroom.change({ flags: { charts: 100 } });
  await expect(tab('Charts')).toBeVisible();
  await expect(bottom(page)).toHaveText(['News']);
  newsroom.change({ hides_promotions: true, cards: [banner('b', 'match-bottom', 'Buy'), story('a', 'match-bottom', 'News')] });
  await expect(bottom(page)).toHaveText(['News']);
  expect(wrong).toEqual([]);
});

test('a theme holds where the page says nothing, by day and by night, until it goes', async ({ crease, page }) => {
  const light = { ground: '#fffaf0', text: '#201000', quiet: '#604020', accent: '#8a1c1c', on_accent: '#ffffff' };
  const dark = { ground: '#180c00', text: '#fff4e0', quiet: '#c0a080', accent: '#ffb0a0', on_accent: '#180c00' };
  const cards = [banner('a', 'match-bottom', 'Tickets')];
  await page.emulateMedia({ colorScheme: 'light' });
  const { newsroom } = await open(crease, page, {
    head: '<style>main { --crease-ink: rgb(1, 2, 3) }</style>',
    board: { theme: { light, dark, radius_px: 3, typeface: 'serif' }, cards },
  });
  await expect(bottom(page)).toHaveText(['Tickets']);
  const box = element(page).locator('.card');
  await expect(box).toHaveCSS('background-color', 'rgb(255, 250, 240)');
  await expect(box).toHaveCSS('border-radius', '3px');
  await expect(box, "the page's own comes first").toHaveCSS('color', 'rgb(1, 2, 3)');
  await expect(box).toHaveCSS('font-family', /^Georgia/);
  await expect(element(page).locator('.go')).toHaveCSS('background-color', 'rgb(138, 28, 28)');
  await element(page).evaluate((it) => it.setAttribute('theme', 'dark'));
  await expect(box).toHaveCSS('background-color', 'rgb(24, 12, 0)');
  newsroom.change({ theme: null });
  await expect(box).toHaveCSS('background-color', 'rgb(18, 23, 20)');
  await expect(box).toHaveCSS('border-radius', '14px');
});

test('a draft is asked for by the token of its link, with all that it leads to', async ({ crease, page }) => {
  const draft = card('d', 'news-card', 'result', { headline: 'Not yet out', body: doc('Soon.'), article: 'ent_story' }, { priority: 32_767 });
  const { newsroom } = await open(crease, page, { attributes: 'preview="prv_token"', board: { cards: [draft] } });
  await expect(top(page), 'though there is no result').toHaveText(['Not yet out']);
  await piece(page, 'Not yet out').getByRole('button').click();
  await expect(sheet(page)).toContainText('This could not be loaded.');
  expect(newsroom.asked.map((it) => new URLSearchParams(it.split('?')[1]).get('preview'))).toEqual(['prv_token', 'prv_token']);
});

test('a notice is said politely, and a promotion not at all', async ({ crease, page }) => {
  const { newsroom } = await open(crease, page, { board: { cards: [banner('a', 'match-top', 'Tickets')] } });
  await expect(top(page)).toHaveText(['Tickets']);
  const spoken = element(page).locator('[role=status], [role=alert], [aria-live]');
  const said = element(page).locator('.notice');
  await expect(said).toHaveRole('status');
  await expect(said).toBeHidden();
  newsroom.change({ notice: 'Scores are delayed' });
  await expect(said).toHaveText('Scores are delayed');
  expect((await spoken.allTextContents()).join(' ')).not.toContain('Tickets');
  newsroom.change({ notice: null });
  await expect(said).toBeHidden();
});

for (const [name, status] of [
  ['no such route', 404],
  ['trouble', 500],
] as const) {
  test(`where the server answers with ${name}, there is the score and nothing else`, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await page.route('**/v1/content/board*', (route) => route.fulfill({ status, body: '<h1>No</h1>', headers: { 'access-control-allow-origin': '*' } }));
    const asked = page.waitForResponse('**/v1/content/board*');
    await openPartner(crease, page, { body: `<crease-match match="${match.id}"></crease-match>` });
    await asked;
    await match.score(4);
    await expect(score(page)).toHaveText('4/0');
    await expect(element(page).locator('.published, .notice')).toHaveCount(0);
  });
}

for (const [theme, dir, view] of [
  ['light', 'ltr', 'card'],
  ['dark', 'rtl', 'full'],
] as const) {
  test(`it fits from 240 to 1200 px in ${theme}, ${dir}, ${view}, and axe finds nothing`, { tag: '@chromium' }, async ({ crease, page }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const ground = theme === 'dark' ? '#121714; color: #eee' : '#fff';
    const head = `<style>body { background: ${ground} }</style>`;
    await open(crease, page, { view, dir, head, attributes: dir === 'rtl' ? 'lang="ur"' : '', board: full() });
    await expect(element(page).locator('.published .piece').first()).toBeVisible();
    for (const width of [240, 480, 1200]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const inner = await element(page).locator('.card').evaluate((it) => it.scrollWidth - it.clientWidth);
      expect(inner).toBeLessThanOrEqual(0);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((it) => `${width}: ${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
    }
  });
}

test('rewards in a match do without the market where it is off', { tag: '@chromium' }, async ({ crease, page }) => {
  const wallet = await FakeWallet.before(crease, page);
  furnish(wallet);
  await openRewards(wallet, crease, page, { body: '<crease-rewards hides="charts market"></crease-rewards>' });
  await expect(page.locator('crease-rewards').getByRole('tab')).toHaveText(['Earned', 'Missions', 'Vouchers']);
});

test('what is shown follows from the board alone', { tag: '@chromium' }, async () => {
  const { changed, isOn, nearest, placed, previewed, turning } = await choose();
  const words = { en: { headline: 'a' }, 'pt-BR': { headline: 'b' }, hi: { headline: 'c' } };
  for (const [tag, main, expected] of [
    ['hi', 'en', 'hi'],
    ['HI-in', 'en', 'hi'],
    ['pt-br', 'en', 'pt-BR'],
    ['pt', 'en', 'en'],
    ['ta', 'hi', 'hi'],
    ['ta', 'te', 'en'],
  ]) {
    expect(nearest(words, tag, main)?.lang, `${tag}, ${main}`).toBe(expected);
  }
  expect(nearest({}, 'en', 'en') || undefined).toBeUndefined();

  const at = (state: string, hidesPromotions = false) =>
    placed(
      {
        hidesPromotions,
        cards: [story('a', 'result', 'A'), banner('b', 'match-top', 'B'), story('c', 'match-top', 'C', { paid: true, until: 50 }), story('d', 'toString', 'D')],
      },
      { state, tag: 'en', now: 50 },
    );
  const shown = (places: Record<string, { card: { id: string } }[]>) =>
    Object.entries(places).map(([slot, all]) => `${slot}: ${all.map((it) => it.card.id)}`);
  expect(shown(at('play'))).toEqual(['match-top: ent_b']);
  expect(shown(at('result'))).toEqual(['result: ent_a', 'match-top: ent_b']);
  expect(shown(at('result', true))).toEqual(['result: ent_a']);
  // A draft that is looked at stands first, whatever the match is at.
  const draft = story('z', 'result', 'Z', { priority: 32_767 });
  expect(shown(placed({ hidesPromotions: false, cards: [draft, story('a', 'result', 'A')] }, { state: 'play', tag: 'en', now: 50 }))).toEqual(['result: ent_z']);
  expect(previewed({ ...draft, slot: null }, { state: 'play', tag: 'en', now: 50 })).toHaveLength(1);
  expect(previewed({ ...draft, priority: 0 }, { state: 'play', tag: 'en', now: 50 })).toEqual([]);
  expect(turning([{ from: 10, until: 90 }, { from: 60 }, {}], 50)).toBe(60);
  expect(turning([{ from: 10, until: null }], 50)).toBeUndefined();
  expect(changed([{ id: 'a' }, { id: 'b' }], { cards: [{ id: 'b', n: 2 }], gone: ['a', 'z'] })).toEqual([{ id: 'b', n: 2 }]);

  // The same fan each time, as many as were asked for, and others for another flag.
  const fans = Array.from({ length: 4_000 }, (_, at) => `fan_${at}`);
  const of = (name: string, share: number) => fans.filter((it) => isOn({ [name]: share }, name, it));
  expect(of('charts', 25)).toEqual(of('charts', 25));
  expect(of('charts', 0)).toHaveLength(0);
  expect(of('charts', 100)).toHaveLength(4_000);
  expect(Math.abs(of('charts', 25).length - 1_000)).toBeLessThan(120);
  const few = new Set(of('charts', 25));
  expect(of('charts', 50).filter((it) => few.has(it)), 'who had it keeps it').toHaveLength(few.size);
  expect(of('market', 25).filter((it) => few.has(it)).length).toBeLessThan(400);
  expect(isOn({}, 'charts', 'fan') && isOn(undefined, 'charts', 'fan')).toBe(true);
});
