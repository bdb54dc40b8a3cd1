// Balls told in tones: a fan chooses one, each ball is told in it, and the score never waits for it.
import AxeBuilder from '@axe-core/playwright';
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import { type Page } from '@playwright/test';

const widget = (page: Page) => page.locator('article crease-match');
const lines = (page: Page) => widget(page).locator('ol.lines li p');
const tab = (page: Page, name: string) => widget(page).getByRole('tab', { name }).click();
const tone = (page: Page, name: string) => widget(page).getByRole('group', { name: 'Tone' }).getByRole('button', { name, exact: true });
const PLAIN = /^Dev Marsh to Asha Vale, (\d runs?|FOUR|SIX)$/;

test('a fan chooses a tone, and each ball is told in it until another is chosen', async ({ crease, page }, info) => {
  const match = await ClubMatch.begin(crease);
  for (const runs of [2, 4, 2]) await match.score(runs);
  await page.goto(crease.page('plain-html', match.id));
  await expect(lines(page)).toHaveText([PLAIN, PLAIN, PLAIN]);
  await tab(page, 'Settings');
  await expect(tone(page, 'Plain')).toHaveAttribute('aria-pressed', 'true');
  for (const name of ['Analyst', 'Hype', 'Grandfather', 'Sarcastic', 'For kids', 'Poet', 'Josheela']) await expect(tone(page, name)).toBeVisible();
  await info.attach('tones', { body: await widget(page).screenshot(), contentType: 'image/png' });
  const { violations } = await new AxeBuilder({ page }).include('crease-match').analyze();
  expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
  await tone(page, 'Hype').click();

  // What was bowled before, and what is bowled from now on.
  for (const at of [0, 1, 2]) await expect(lines(page).nth(at)).not.toHaveText(PLAIN);
  await match.send(ClubMatch.ball('Fernhill', { runs: 6, boundary: 'six' }));
  await expect(lines(page)).toHaveCount(4);
  await expect(lines(page).first()).not.toHaveText(PLAIN);
  await expect(lines(page).first()).toHaveText(/six|maximum/i);
  await info.attach('hype', { body: await widget(page).screenshot(), contentType: 'image/png' });

  // The choice is kept for the next page, and taken back.
  const told = await lines(page).allTextContents();
  await page.reload();
  await expect(lines(page)).toHaveText(told);
  await tab(page, 'Settings');
  await expect(tone(page, 'Hype')).toHaveAttribute('aria-pressed', 'true');
  await tone(page, 'Plain').click();
  await expect(lines(page)).toHaveText([PLAIN, PLAIN, PLAIN, PLAIN]);
});

test('an element may name its tone, and a correction is told anew @chromium', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  for (const runs of [2, 4]) await match.score(runs);
  await page.goto(crease.page('plain-html', match.id));
  await widget(page).evaluate((it) => {
    it.setAttribute('tone', 'grandfather');
    it.setAttribute('lang', 'en-GB');
  });
  for (const at of [0, 1]) await expect(lines(page).nth(at)).not.toHaveText(PLAIN);
  const before = await lines(page).allTextContents();
  const { answers } = await crease.send(match.id, [{ id: 'c2', version: 2, command: ClubMatch.ball('Fernhill', { runs: 6, boundary: 'six' }) }]);
  expect(answers.map((it) => it.status)).toEqual(['accepted']);
  await expect(lines(page).first()).toHaveText(/six|maximum/i);
  await expect(lines(page).first()).not.toHaveText(PLAIN);
  await expect(lines(page).nth(1)).toHaveText(before[1] ?? '');
});
