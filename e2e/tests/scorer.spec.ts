// One person scores a club match with a keyboard, and a partner's page follows.
import AxeBuilder from '@axe-core/playwright';
import { type Crease, expect, test } from '../fixtures';
import type { Page } from '@playwright/test';

const HOME = ['Asha Vale', 'Bram Holt', 'Cai Rowan', 'Del Sand'];
const AWAY = ['Dev Marsh', 'Ed Lark', 'Flo Quill', 'Gus Penn'];

test('a club match is scored by keyboard, taken back, and seen by fans', async ({ crease, page, context }) => {
  await signIn(crease, page);
  const match = await createMatch(crease, page);
  const fan = await context.newPage();
  await fan.goto(crease.page('plain-html', match));
  const shown = fan.locator('article crease-match .team', { hasText: 'Fernhill' }).locator('.runs');

  await startInnings(page);
  await expect(shown).toHaveText('0/0');

  for (const [keys, score] of [
    ['4', '4/0'],
    ['1', '5/0'],
    ['w0', '6/0'],
    ['n1', '8/0'],
    ['b4', '12/0'],
  ]) {
    for (const key of keys) await page.keyboard.press(key);
    await expect(shown).toHaveText(score);
  }

  await page.keyboard.press('u');
  await expect(shown).toHaveText('8/0');
  await page.keyboard.press('u');
  await expect(shown).toHaveText('6/0');
});

test('a ball pressed after the session ended is kept over the next sign-in', async ({ crease, page, context }) => {
  await signIn(crease, page);
  const match = await createMatch(crease, page);
  await startInnings(page);
  await expect(page.locator('.pad')).toBeVisible();

  await context.clearCookies();
  await page.keyboard.press('4');
  await page.waitForURL('**/console/scorer');
  await signIn(crease, page);
  await page.goto(`${crease.url}/console/scorer/matches/${match}`);
  await expect(page.locator('main')).toContainText('0/0');
  await page.getByRole('button', { name: 'Send again' }).click();
  await expect(page.locator('main')).toContainText('4/0');
  await expect(page.locator('#unsent')).toBeHidden();
});

test('the scorer\'s pages have no barrier that axe knows @chromium', async ({ crease, page }) => {
  await page.goto(`${crease.url}/console/scorer`);
  await expectNoBarrier(page);
  await signIn(crease, page);
  await expectNoBarrier(page);
  const match = await createMatch(crease, page);
  await expectNoBarrier(page);
  await startInnings(page);
  await page.keyboard.press('4');
  await expect(page.locator('main')).toContainText('4/0');
  await page.keyboard.press('?');
  await expect(page.locator('#keys')).toHaveAttribute('open');
  await expectNoBarrier(page);
  for (const below of ['wicket?bowler=4', 'ball?bowler=4', 'more', 'balls']) {
    await page.goto(`${crease.url}/console/scorer/matches/${match}/${below}`);
    for (const folded of await page.locator('main details').all()) await folded.evaluate((it) => it.setAttribute('open', ''));
    await expectNoBarrier(page);
  }
});

test('a review is one key away, and undo takes the edit back, not the ball', async ({ crease, page }) => {
  await signIn(crease, page);
  await createMatch(crease, page);
  await startInnings(page);
  await page.keyboard.press('1');
  await page.keyboard.press('v');
  await page.getByText('The fielding side, against not out').click();
  await page.getByText('It is overturned').click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('.last .told')).toContainText('Corrected: ball 0.1');
  await page.keyboard.press('u');
  await expect(page.locator('.last .told')).toContainText('Dev Marsh to Asha Vale, 1 run. 1 for 0');
  await expect(page.locator('main')).toContainText('1/0');
});

test('the same press from a second tab is answered, and counts once', async ({ crease, page, context }) => {
  await signIn(crease, page);
  await createMatch(crease, page);
  await startInnings(page);
  await expect(page.locator('.pad')).toBeVisible();
  const second = await context.newPage();
  await second.goto(page.url());
  await page.keyboard.press('4');
  await expect(page.locator('main')).toContainText('4/0');
  await second.keyboard.press('4');
  await expect(second.locator('main')).toContainText('Already scored, and counted once.');
  await expect(second.locator('#said')).toContainText('Already scored');
  await expect(second.locator('main')).toContainText('4/0');
});

test('who is not signed in is asked to', async ({ crease, page }) => {
  await page.goto(`${crease.url}/console/scorer/matches`);
  await expect(page.getByLabel('Secret key')).toBeVisible();
  await page.getByLabel('Secret key').fill(crease.demo.publishable_key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Secret key')).toBeVisible();
});

async function signIn(crease: Crease, page: Page): Promise<void> {
  await page.goto(`${crease.url}/console/scorer`);
  await page.getByLabel('Secret key').fill(crease.demo.secret_key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/console/scorer/matches');
}

async function createMatch(crease: Crease, page: Page): Promise<string> {
  await page.goto(`${crease.url}/console/scorer/matches/new`);
  await page.locator('#home').fill('Fernhill');
  await page.locator('#home_players').fill(HOME.join('\n'));
  await page.locator('#away').fill('Marlow Green');
  await page.locator('#away_players').fill(AWAY.join('\n'));
  await page.getByRole('button', { name: 'Create the match' }).click();
  await page.waitForURL('**/matches/mat_*');
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

async function startInnings(page: Page): Promise<void> {
  await page.getByRole('group', { name: 'Who won it?' }).getByText('Fernhill').click();
  await page.getByRole('group', { name: 'They chose to' }).getByText('Bat').click();
  await page.getByRole('button', { name: 'Go on to the openers' }).click();
  await page.getByLabel('Bowls the first over').selectOption({ label: 'Dev Marsh' });
  await page.getByRole('button', { name: 'Start the innings' }).click();
}

async function expectNoBarrier(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
}
