// What an entry's text names and shows is chosen from what there is: a player, a picture, a match. A fan reads it all.
import { ClubMatch } from '../club';
import { expect } from '../fixtures';
import { at, done, isSaved, make, press, test } from '../newsroom';
import { openPartner } from '../partner';
import { isSound } from '../sound';
import type { Page } from '@playwright/test';

/** Types into the search of a dialog, and waits for what it finds. */
async function look(page: Page, words: string): Promise<void> {
  const found = page.waitForResponse((it) => it.url().includes(`q=${encodeURIComponent(words)}`));
  await page.getByRole('dialog').getByLabel('Search').fill(words);
  await found;
}

const rich = (page: Page, name: string) => page.locator(`.rich-text[aria-label="${name}"]`);
/** A picture of one pixel, as a PNG. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

test('an article with a player, a picture and a match in it is written, looked at and read', async ({ newsroom, open, page: fan }) => {
  test.slow();
  const { crease } = newsroom;
  const match = await ClubMatch.begin(crease);
  const page = await open('editor');
  for (const it of [page, fan]) it.setDefaultTimeout(30_000);

  await page.goto('/console/content/media');
  await page.getByLabel('Add pictures').setInputFiles([{ name: 'pavilion.png', mimeType: 'image/png', buffer: PIXEL }]);
  await page.locator('[data-uploads] li').getByRole('link').click();
  await page.getByLabel('What it shows', { exact: true }).fill('The old pavilion');
  await press(page, 'Save');
  await done(page, 'What it shows is saved.');

  await make(page, 'player');
  await page.getByLabel('Name', { exact: true }).fill('Asha Vale');
  await rich(page, 'About').fill('Captain since 2024.');
  await isSaved(page);

  const article = await make(page, 'article');
  await page.getByLabel('Headline').fill('An evening at the old pavilion');
  const story = rich(page, 'Story');
  await story.click();
  await page.keyboard.type('Ask @ash');
  await page.getByRole('option', { name: 'Asha Vale' }).click();
  await page.keyboard.type(' about it.');
  await page.keyboard.press('Enter');
  await press(page, 'Picture');
  await page.getByRole('dialog', { name: 'Picture' }).getByRole('button', { name: 'The old pavilion' }).click();
  await page.getByLabel('Caption').fill('As it was');
  await story.press('ControlOrMeta+End');
  await press(page, 'Match or player');
  await look(page, 'Fernhill');
  await page.getByRole('dialog').getByRole('button', { name: /Fernhill v / }).first().click();
  await isSaved(page);
  await page.reload();
  await expect(story).toContainText('Ask Asha Vale about it.');
  await expect(story).toContainText('Fernhill v ');
  await isSound(page, 'article-text');

  const card = await make(page, 'news-card');
  await page.getByLabel('Headline').fill('The old pavilion');
  await rich(page, 'Text').fill('It stands since 1901.');
  await page.getByLabel('Place', { exact: true }).selectOption('match-top');
  await page.getByLabel('Leads to').selectOption('article');
  await page.getByRole('button', { name: 'Choose: Article' }).click();
  await look(page, 'evening');
  await page.getByRole('dialog').getByRole('button', { name: /An evening at the old pavilion/ }).click();
  await isSaved(page);

  // The draft, in the widget that fans have: what it names is a draft, too.
  await page.goto(`/console/content/preview?entry=${card}&lang=en&theme=light&width=phone`);
  const previewed = page.frameLocator('#preview').locator('crease-match');
  await expect(previewed.getByText('It stands since 1901.')).toBeVisible();
  await previewed.getByRole('button', { name: /Read more/ }).click();
  await expect(page.frameLocator('#preview').getByText('Ask Asha Vale about it.')).toBeVisible();

  await openPartner(crease, fan, { body: `<crease-match match="${match.id}"></crease-match>` });
  const element = fan.locator('crease-match');
  await expect(element).toContainText('Fernhill');
  await expect(element.getByText('It stands since 1901.')).toHaveCount(0);
  await page.goto(at(card, 'en'));
  await press(page, 'Publish now');
  await press(page, 'Publish these 2 with it');
  await done(page, 'It is published.');
  await element.getByRole('button', { name: 'Read more: The old pavilion' }).click();
  await expect(fan.getByText('Ask Asha Vale about it.')).toBeVisible();
  await expect(fan.getByRole('img', { name: 'The old pavilion' })).toHaveJSProperty('complete', true);
  await expect(fan.getByText('As it was')).toBeVisible();
  await fan.getByRole('button', { name: 'Asha Vale' }).click();
  await expect(fan.getByText('Captain since 2024.')).toBeVisible();
  expect(article).toMatch(/^ent_/);

  // A preview of a match, and what happens at a moment of it: the match is chosen by what it is called.
  await make(page, 'match-preview');
  await page.getByRole('button', { name: 'Choose: Match' }).first().click();
  await look(page, 'fernhill');
  await page.getByRole('dialog').getByRole('button', { name: /Fernhill v / }).first().click();
  await isSaved(page);
  await page.reload();
  await expect(page.getByRole('checkbox', { name: /Fernhill v / }).first()).toBeChecked();
  await page.getByText('At a moment of a match').click();
  await isSound(page, 'match-chosen');
});
