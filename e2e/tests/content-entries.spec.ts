// Entries as editors write, save, publish and schedule them.
import { ClubMatch } from '../club';
import { expect } from '../fixtures';
import { at, done, isSaved, make, makeWithoutScript, press, test } from '../newsroom';
import { openPartner } from '../partner';
import { isSound } from '../sound';
import type { Page } from '@playwright/test';

/** The editor of a text, once it is there. */
const rich = (page: Page, name: string) => page.locator(`.rich-text[aria-label="${name}"]`);
const body = (page: Page) => rich(page, 'Story');

test('nothing that is typed through slow autosaves is lost @chromium', async ({ open }) => {
  test.setTimeout(60_000);
  const page = await open('editor');
  const id = await make(page, 'article');
  let saves = 0;
  await page.route(`**/console/content/entries/${id}?lang=en`, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    saves += 1;
    await new Promise((later) => setTimeout(later, 2_000));
    return route.continue();
  });
  const summary = 'Rain held the toss up for an hour, and then it did not stop';
  const story = 'The covers came off at three, the umpires walked out & back in.';
  await page.getByLabel('Headline').fill('Rain at Mill Lane');
  await page.getByLabel('Summary').pressSequentially(summary, { delay: 100 });
  await body(page).click();
  await page.keyboard.type(story, { delay: 100 });
  // On its way, and what was typed since: leaving would be asked about.
  expect(saves).toBeGreaterThanOrEqual(4);
  await isSaved(page);
  expect(saves).toBeGreaterThanOrEqual(5);
  await expect(page.getByLabel('Summary')).toHaveValue(summary);
  const other = await open('editor');
  await other.goto(at(id, 'en'));
  await expect(other.getByLabel('Headline')).toHaveValue('Rain at Mill Lane');
  await expect(other.getByLabel('Summary')).toHaveValue(summary);
  await expect(body(other)).toHaveText(story);
});

test('what is typed while a save is on its way is not called saved @chromium', async ({ open }) => {
  const page = await open('editor');
  const id = await make(page, 'team');
  const states = await page.evaluateHandle(() => {
    const place = document.getElementById('saved') as HTMLElement;
    const seen: (string | undefined)[] = [];
    new MutationObserver(() => {
      const now = place.dataset.state;
      if (now !== seen.at(-1)) seen.push(now);
    }).observe(place, { attributes: true });
    return seen;
  });
  let letGo = () => {};
  const isOnItsWay = new Promise<void>((arrived) => {
    const held = new Promise<void>((go) => (letGo = go));
    void page.route(`**/console/content/entries/${id}?lang=en`, async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      arrived();
      await held;
      return route.continue();
    });
  });
  await page.getByLabel('Name', { exact: true }).fill('Fernhill');
  await isOnItsWay;
  await page.getByLabel('Short name').fill('FER');
  letGo();
  await isSaved(page);
  expect(await states.jsonValue()).toEqual(['saving', 'changed', 'saving', 'saved']);
});

test('what cannot be sent is kept and sent again @chromium', async ({ open }) => {
  const page = await open('editor');
  const id = await make(page, 'team');
  await page.context().setOffline(true);
  await page.getByLabel('Name', { exact: true }).fill('Fernhill');
  await expect(page.locator('#saved')).toContainText('Not saved: there is no connection');
  await page.context().setOffline(false);
  await isSaved(page);
  // What has no room is told of beside its field, stays there, and keeps nothing else from being saved.
  await page.getByLabel('Short name').fill('FERNHILL');
  await expect(page.getByText('Not saved: has 5 characters at most, and 8 now.')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Fernhill CC');
  await page.getByLabel('Short name').fill('FER');
  await isSaved(page);
  await page.goto(at(id, 'en'));
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Fernhill CC');
  await expect(page.getByLabel('Short name')).toHaveValue('FER');
});

test('a card is written, checked and published with what it names @chromium', async ({ open }) => {
  test.setTimeout(60_000);
  const page = await open('editor');
  const article = await make(page, 'article');
  await page.getByLabel('Headline').fill('Fernhill win by nine runs');
  await body(page).fill('A last over to remember.');
  await isSaved(page);

  const card = await make(page, 'news-card');
  await page.getByLabel('Headline').fill('Nine runs in it');
  await rich(page, 'Text').fill('Fernhill hold on.');
  await expect(page.getByRole('group', { name: 'Article' })).toBeHidden();
  await page.getByLabel('Leads to').selectOption('article');
  await page.getByRole('button', { name: 'Choose: Article' }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('fernhill win');
  await page.getByRole('dialog').getByRole('button', { name: /Fernhill win by nine runs/ }).click();
  await isSaved(page);
  await isSound(page, 'card');

  // It is not whole, and the page says where.
  await press(page, 'Publish now');
  await expect(page.getByRole('heading', { name: 'Not published yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Place' }).click();
  await page.getByLabel('Place', { exact: true }).selectOption('match-feed');
  await isSaved(page);

  // It names what fans do not see: that is offered, and nothing is dropped.
  await press(page, 'Publish now');
  await expect(page.getByRole('heading', { name: 'It names what fans do not see' })).toBeVisible();
  await isSound(page, 'unpublished-named');
  await press(page, 'Publish this one with it');
  await done(page, 'It is published.');
  await page.goto(at(card, 'en'));
  await expect(page.getByRole('checkbox', { name: /Fernhill win by nine runs/ })).toBeChecked();
  await expect(page.getByRole('complementary').getByText('Fans see it as it is here.')).toBeVisible();

  // Others name it: that is said before it goes.
  await page.goto(at(article, 'en'));
  await expect(page.locator('.entry-head .flag').first()).toHaveText('Published');
  await press(page, 'Unpublish');
  await expect(page.getByRole('heading', { name: 'Others name it' })).toBeVisible();
  await page.getByRole('link', { name: 'Leave it as it is' }).click();

  // Changed, published, rolled back.
  await page.getByLabel('Headline').fill('Fernhill win by ten runs');
  await isSaved(page);
  await press(page, 'Publish now');
  await done(page, 'It is published.');
  await press(page, 'Roll back');
  await done(page, 'Rolled back');
  await page.goto(at(article, 'en', '/revisions'));
  await press(page, 'Compare the two');
  await expect(page.getByRole('heading', { name: 'Headline' })).toBeVisible();
  await isSound(page, 'compared');
});

test('bringing a revision back keeps the other language, and a translator publishes one alone @chromium', async ({ open }) => {
  test.setTimeout(60_000);
  const page = await open('editor');
  const id = await make(page, 'team');
  await page.getByLabel('Name', { exact: true }).fill('Fernhill');
  await page.getByLabel('Short name').fill('FER');
  await press(page, 'Save');
  await isSaved(page);
  await page.getByLabel('Name', { exact: true }).fill('Fernhill CC');
  await press(page, 'Save');
  await isSaved(page);
  await press(page, 'Publish now');
  await done(page, 'It is published.');

  const translator = await open('translator');
  await translator.goto(at(id, 'en'));
  await expect(translator.getByText('You may read this, and not change it')).toBeVisible();
  await expect(translator.getByRole('button', { name: 'Publish now' })).toBeHidden();
  await translator.getByLabel('Another language').fill('hi');
  await press(translator, 'Open');
  await expect(translator.getByText('Fernhill CC').first()).toBeVisible();
  await translator.getByLabel('Name', { exact: true }).fill('फ़र्नहिल');
  await translator.getByLabel('Short name').fill('फ़र्न');
  await isSaved(translator);
  await translator.goto(at(id, 'hi'));
  await isSound(translator, 'translation');
  await press(translator, 'Publish now');
  await done(translator, 'It is published.');

  await page.goto(at(id, 'en', '/revisions'));
  await page.getByLabel('Revision', { exact: true }).selectOption('2');
  await press(page, 'Bring it back');
  await done(page, 'It is brought back');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Fernhill');
  await expect(page.locator('.entry-head .flag').first()).toHaveText('Changed');
  await page.goto(at(id, 'hi'));
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('फ़र्नहिल');
  await expect(page.locator('.entry-head .flag').first()).toHaveText('Published');
});

test('what is reviewed is approved by another, and a schedule at a time fires @chromium', async ({ open }) => {
  test.setTimeout(60_000);
  const page = await open('editor');
  const id = await make(page, 'legal-notice');
  await page.getByLabel('Title', { exact: true }).fill('House rules');
  await rich(page, 'Text').fill('Be kind.');
  const from = page.getByRole('group', { name: 'In force from' });
  await from.getByLabel('Day').fill('2026-01-01');
  await from.getByLabel('Time', { exact: true }).fill('10:00');
  await isSaved(page);
  await page.goto(at(id, 'en'));
  await press(page, 'Ask for a review');
  await done(page, 'A review is asked for.');
  const reviewer = await open('reviewer');
  await reviewer.goto(at(id, 'en'));
  await reviewer.getByText('Send it back').click();
  await reviewer.getByLabel('What is to be done').fill('Say to whom.');
  await press(reviewer, 'Send back');
  await page.goto(at(id, 'en'));
  await expect(page.getByText('sent it back: Say to whom.')).toBeVisible();
  await rich(page, 'Text').fill('Be kind to umpires.');
  await isSaved(page);
  await press(page, 'Ask for a review');
  await done(page, 'A review is asked for.');
  await reviewer.goto(at(id, 'en'));
  await isSound(reviewer, 'review');
  await press(reviewer, 'Approve');
  await done(reviewer, 'It is approved as it is.');

  await page.goto(at(id, 'en'));
  await page.getByText('At a time', { exact: true }).click();
  const soon = new Date(Date.now() + 4_000).toISOString();
  const plan = page.locator('details').filter({ hasText: 'At a time' });
  await plan.getByLabel('Day').fill(soon.slice(0, 10));
  await plan.getByLabel('Time', { exact: true }).fill(soon.slice(11, 19));
  await plan.getByLabel('Time zone').fill('UTC');
  await plan.getByRole('button', { name: 'Schedule' }).click();
  await done(page, 'It is scheduled.');
  await expect(async () => {
    await page.goto(at(id, 'en'));
    await expect(page.locator('.entry-head .flag').first()).toHaveText('Published', { timeout: 500 });
  }).toPass();
});

test('lists of fields, keys, the list and the palette @chromium', async ({ open }) => {
  test.setTimeout(60_000);
  const page = await open('editor');
  const id = await make(page, 'quiz');
  await page.getByLabel('Title', { exact: true }).fill('Who opens?');
  await press(page, '+ Add to questions');
  await page.getByLabel('Question', { exact: true }).fill('Who opens the bowling?');
  await press(page, '+ Add to choices');
  await page.getByLabel('Text', { exact: true }).fill('Asha Vale');
  await press(page, '+ Add to choices');
  await page.getByLabel('Text', { exact: true }).nth(1).fill('Ben Oram');
  await press(page, 'Move up: Choices 2');
  await expect(page.getByLabel('Text', { exact: true }).first()).toHaveValue('Ben Oram');
  await expect(page.getByRole('button', { name: 'Move down: Choices 1' })).toBeFocused();
  await page.keyboard.press('Control+s');
  await isSaved(page);
  await press(page, '+ Add to answers');
  await page.getByLabel('Right choice').selectOption('Asha Vale');
  await isSaved(page);
  await page.reload();
  await expect(page.getByLabel('Text', { exact: true }).first()).toHaveValue('Ben Oram');
  await isSound(page, 'quiz');

  await page.goto('/console/content?kind=quiz');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search' })).toBeFocused();
  await page.keyboard.type('who op');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('rowheader')).toHaveText(/Who opens\?/);
  await isSound(page, 'list');
  await page.getByRole('checkbox', { name: 'Choose Who opens?' }).check();
  await press(page, 'Publish');
  await expect(page.getByRole('heading', { name: 'Done with 0 of 1' })).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox', { name: 'Go to' }).fill('who opens');
  await expect(page.getByRole('dialog').getByRole('link', { name: /Who opens/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(id));
});

test('a release publishes several together, and takes them back @chromium', async ({ open }) => {
  test.setTimeout(60_000);
  const page = await open('editor');
  await page.goto('/console/content/releases');
  await page.getByLabel('New release').fill('Opening night');
  await press(page, 'Make it');
  await done(page, 'The release is made.');
  const teams = [];
  for (const name of ['Mill Lane', 'Oakfield']) {
    teams.push(await make(page, 'team'));
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Short name').fill(name.slice(0, 3));
    await isSaved(page);
    await page.getByLabel('Release').selectOption('Opening night');
    await press(page, 'Put it in, as it is now');
    await done(page, 'It is in the release');
  }
  await isSound(page, 'release');
  await press(page, 'Publish all of it now');
  await done(page, 'The release is published.');
  for (const id of teams) {
    await page.goto(at(id, 'en'));
    await expect(page.locator('.entry-head .flag').first()).toHaveText('Published');
  }
  await page.goto('/console/content/releases');
  await page.getByRole('link', { name: 'Opening night' }).click();
  await press(page, 'Take it back');
  await done(page, 'What was there before the release is there again.');
  await page.goto(at(teams[0] ?? '', 'en'));
  await expect(page.locator('.entry-head .flag').first()).toHaveText('Draft');
});

test('an entry is made, changed and published without a script @chromium', async ({ newsroom, browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: newsroom.signed.editor, baseURL: newsroom.crease.url });
  const page = await context.newPage();
  await makeWithoutScript(page, 'match-preview');
  await page.getByLabel('Headline').fill('Before the final');
  await press(page, '+ Quote');
  await expect(page.getByLabel('Headline')).toHaveValue('Before the final');
  await page.getByLabel('Words').fill('We are ready.');
  await page.getByRole('group', { name: 'Match' }).first().getByLabel('Its id').fill('mat_0000000000000000000001');
  await press(page, 'Save');
  await done(page, 'Saved.');
  await expect(page.getByLabel('Words')).toHaveValue('We are ready.');
  await press(page, 'Publish now');
  await done(page, 'It is published.');
  await context.close();
});

test('what is published is on a page that is open, with the count of pages, and a roll-back takes it away @chromium', async ({
  newsroom,
  open,
  page: fan,
}) => {
  const { crease } = newsroom;
  const match = await ClubMatch.begin(crease);
  await openPartner(crease, fan, { body: `<crease-match match="${match.id}"></crease-match>` });
  const score = fan.locator('crease-match');
  await expect(score).toContainText('Fernhill');
  const page = await open('editor');
  const id = await make(page, 'news-card');
  await page.getByLabel('Headline').fill('Rain is on its way');
  await rich(page, 'Text').fill('Covers are ready.');
  await page.getByLabel('Leads to').selectOption('nowhere');
  await page.getByLabel('Place', { exact: true }).selectOption('match-top');
  await isSaved(page);
  await press(page, 'Publish now');
  await done(page, 'It is published.');
  await expect(score.getByText('Rain is on its way')).toBeVisible();
  await page.goto(at(id, 'en'));
  await expect(page.getByRole('complementary')).toContainText('one open page was sent it within');
  await match.score(4);
  await expect(score).toContainText('4/0');
  await page.getByLabel('Headline').fill('Rain has passed');
  await isSaved(page);
  await press(page, 'Publish now');
  await done(page, 'It is published.');
  await expect(score.getByText('Rain has passed')).toBeVisible();
  await press(page, 'Roll back');
  await done(page, 'Rolled back');
  await expect(score.getByText('Rain is on its way')).toBeVisible();
  await press(page, 'Unpublish');
  await expect(score.getByText('Rain is on its way')).toHaveCount(0);
});
