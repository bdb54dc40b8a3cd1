// What a partner's page is never to see: an exception of ours, markup from a feed, or a widget that another script has led astray.
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import { openPartner, readers, troubles } from '../partner';
import type { Page } from '@playwright/test';

const runs = (page: Page) => page.locator('crease-match .team:first-child .runs').first();

test('a widget that breaks leaves a live frame, and says so once', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const wrong = troubles(page);
  await openPartner(crease, page, { body: `<crease-match match="${match.id}"></crease-match>` });
  await expect(page.locator('crease-match table')).not.toHaveCount(0);
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    document.addEventListener('crease:error', (event) => told.push((event as CustomEvent<{ text: string }>).detail.text));
    // Of all that draws here only the widget uses it.
    const { get } = Object.getOwnPropertyDescriptor(Node.prototype, 'textContent') ?? {};
    const set = () => {
      throw new Error('broken on purpose');
    };
    Object.defineProperty(Node.prototype, 'textContent', { get, set });
  });
  for (const score of ['6/0', '8/0', '10/0']) {
    await match.score(2);
    await expect(runs(page)).toHaveText(score);
  }
  await expect(page.locator('crease-match table')).toHaveCount(0);
  const told = await page.evaluate(() => (window as unknown as { told: string[] }).told);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('broken on purpose');
  expect(wrong).toEqual([]);
  // One that comes later goes without the widget, too.
  await page.evaluate(() => document.querySelector('crease-match')?.after(document.querySelector('crease-match')?.cloneNode() as Node));
  await expect(page.locator('crease-match').nth(1).locator('.runs').first()).toHaveText('10/0');
  expect(await readers(crease)).toBe(1);
});

test('markup from a feed is shown as it was written', async ({ crease, page }) => {
  const hostile = '<img src=x onerror="window.hurt=1">';
  const side = (name: string) => ({ name: `${name}${hostile}`, players: [`${name} One${hostile}`, `${name} Two${hostile}`, `${name} Three`] });
  const id = await crease.createMatch({ source_match_id: `hostile-${Math.random()}`, format: 't20', competition: hostile, venue: hostile, teams: [side('Ash'), side('Elm')] });
  await crease.send(id, [
    { id: 'start', command: { type: 'innings_start', team: `Ash${hostile}` } },
    { id: 'ball', command: { type: 'ball', striker: `Ash One${hostile}`, non_striker: `Ash Two${hostile}`, bowler: `Elm One${hostile}`, runs: 4, boundary: 'four' } },
    { id: 'pause', command: { type: 'delay', reason: hostile } },
  ]);
  const wrong = troubles(page);
  await openPartner(crease, page, { body: `<crease-match view="full" match="${id}"></crease-match>` });
  await expect(page.locator('crease-match .competition')).toHaveText(hostile);
  for (const tab of ['tab-scorecard', 'tab-charts', 'tab-live']) {
    await page.locator(`crease-match [data-ask="${tab}"]`).click();
    await expect(page.locator('crease-match .panel')).toContainText('Ash');
  }
  await expect(page.locator('crease-match img')).toHaveCount(0);
  expect(await page.evaluate(() => (window as unknown as { hurt?: number }).hurt)).toBeUndefined();
  expect(wrong).toEqual([]);
});

test('what a script of the page says in the tabs\' channel is looked at before it is believed', async ({ crease, page, context }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  await openPartner(crease, page, { body: `<crease-match match="${match.id}"></crease-match>` });
  await expect(page.locator('crease-match table')).not.toHaveCount(0);
  const second = await context.newPage();
  await second.goto(page.url());
  await expect(second.locator('crease-match table')).not.toHaveCount(0);
  await expect.poll(() => readers(crease)).toBe(1);
  const wrong = [...troubles(page), ...troubles(second)];
  await page.evaluate((name) => {
    const channel = new BroadcastChannel(name);
    const lies = [null, 5, 'x', [], { ask: {} }, { type: 'ball', id: 5, text: {} }, { type: 'quiz', id: '1.1', text: '{}' }, { at: {} }, { link: 'refused' }];
    for (const lie of [...lies, { type: 'snapshot', id: '9.9', text: '{' }, { type: 'ball', id: '9.10', text: '{}' }, { at: '9999999999999.5' }]) channel.postMessage(lie);
    channel.close();
  }, `crease ${crease.url}/v1/ ${match.id} ${crease.demo.publishable_key}`);
  await match.score(2);
  for (const tab of [page, second]) await expect(runs(tab)).toHaveText('6/0');
  await match.score(2);
  for (const tab of [page, second]) await expect(runs(tab)).toHaveText('8/0');
  expect(wrong).toEqual([]);
});
