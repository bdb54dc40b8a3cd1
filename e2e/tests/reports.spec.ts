// What was missed is told when the fan asks for it, and whom they hold dear is marked.
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import { isSound } from '../sound';
import type { Page } from '@playwright/test';

const missed = (page: Page) => page.locator('crease-match .missed');
const button = (page: Page) => missed(page).getByRole('button');

/** As when a fan goes to another tab of the browser, and comes back. */
const look = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

async function open(page: Page, crease: Parameters<typeof openPartner>[0], match: ClubMatch, lang = ''): Promise<void> {
  const body = `<main><h1>Cricket</h1><crease-match view="full" match="${match.id}" ${lang}></crease-match></main>`;
  await openPartner(crease, page, { body });
}

test('who comes late asks for the story so far, and who was away for what happened since', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  const wrong = troubles(page);
  const asked: string[] = [];
  page.on('request', (it) => it.url().includes('/reports?') && asked.push(it.url()));
  await match.score(2);
  await open(page, crease, match);
  await expect(button(page)).toHaveText('The story so far');
  expect(asked).toEqual([]);
  await button(page).click();
  await expect(missed(page)).toContainText('Fernhill are 2/0 after 0.1 overs. Asha Vale made 2 from 1 ball.');
  await expect(button(page)).toHaveAttribute('aria-expanded', 'true');
  await isSound(page, 'story');
  await button(page).click();
  await expect(missed(page)).not.toContainText('Fernhill');

  await look(page, true);
  for (let ball = 0; ball < 12; ball++) await match.score(2);
  await look(page, false);
  await expect(button(page)).toHaveText('What you missed');
  await button(page).click();
  await expect(missed(page)).toContainText('Fernhill have made 24 runs since, and are 26/0');
  await button(page).click();
  await expect(button(page)).toHaveText('The story so far');
  expect(wrong).toEqual([]);
});

test('before the first ball there is nothing to tell, and each speaks its own language @chromium', async ({ crease, page }) => {
  const match = await ClubMatch.announce(crease);
  await open(page, crease, match, 'lang="ur"');
  await expect(page.locator('crease-match .name').first()).toBeVisible();
  await expect(missed(page)).toHaveCount(0);
  const begun = await ClubMatch.begin(crease);
  await begun.score(2);
  await open(page, crease, begun, 'lang="ur"');
  await expect(button(page)).toHaveText('اب تک کی کہانی');
  await button(page).click();
  await expect(missed(page)).toContainText('اسکور');
  await isSound(page, 'story-ur');
});

test('favourites are chosen in the settings, marked everywhere, and kept for the next page', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(2);
  const wrong = troubles(page);
  await open(page, crease, match);
  const widget = page.locator('crease-match');
  const favourite = (name: string) => widget.getByRole('group', { name: 'Favourites' }).getByRole('button', { name, exact: true });
  await widget.getByRole('tab', { name: 'Settings' }).click();
  await expect(favourite('Fernhill')).toHaveAttribute('aria-pressed', 'false');
  await favourite('Asha Vale').click();
  await favourite('Fernhill').click();
  await expect(favourite('Asha Vale')).toHaveAttribute('aria-pressed', 'true');
  await isSound(page, 'favourites');
  await expect(widget.locator('.team .name[data-favourite]')).toHaveText(['Fernhill']);

  await page.reload();
  await expect(widget.locator('.team .name[data-favourite]')).toHaveText(['Fernhill']);
  await expect(widget.locator('.who[data-favourite]').first()).toHaveText('Asha Vale');
  await widget.getByRole('tab', { name: 'Settings' }).click();
  await favourite('Fernhill').click();
  await expect(widget.locator('.team .name[data-favourite]')).toHaveCount(0);
  expect(await page.evaluate(() => localStorage['crease-favourites'])).toBe('["Asha Vale"]');
  expect(wrong).toEqual([]);
});
