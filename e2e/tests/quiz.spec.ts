// A quiz from the editor who writes it to the fan who is right: it opens, counts down, locks and says what was right.
import { ClubMatch } from '../club';
import { expect } from '../fixtures';
import { at, done, isSaved, make, press, test } from '../newsroom';
import { openPartner, troubles } from '../partner';
import { signer } from '../signer';
import { isSound } from '../sound';
import type { Page } from '@playwright/test';

const field = (page: Page, id: string) => page.locator(`[id="${id}"]`);
const quiz = (page: Page) => page.locator('crease-match .quiz');
const choice = (page: Page, name: string) => quiz(page).getByRole('button', { name: new RegExp(`^${name}`) });

/** Writes a question on the first over, has it approved by another, and publishes it. */
async function publish(page: Page, reviewer: Page): Promise<void> {
  const id = await make(page, 'quiz');
  await field(page, '/title').fill('Over by over');
  await page.getByRole('button', { name: 'Choose: Match' }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('Fernhill');
  await page.getByRole('dialog').getByRole('button', { name: /Fernhill v / }).first().click();
  await page.getByRole('button', { name: '+ Add to questions' }).click();
  await field(page, '/questions/0/text').fill('Does a wicket fall in the first over?');
  for (const [at, text] of ['It does', 'It does not'].entries()) {
    await page.getByRole('button', { name: '+ Add to choices' }).click();
    await field(page, `/questions/0/choices/${at}/text`).fill(text);
  }
  await page.getByRole('button', { name: '+ Add to answers' }).click();
  await field(page, '/answers/0/id').selectOption({ label: 'Does a wicket fall in the first over?' });
  await field(page, '/answers/0/asks').selectOption('over-wicket');
  await field(page, '/answers/0/innings').fill('1');
  await field(page, '/answers/0/over').fill('1');
  await field(page, '/answers/0/open').selectOption('before-over');
  await field(page, '/answers/0/seconds').fill('600');
  await field(page, '/answers/0/score').fill('25');
  await isSaved(page);
  await isSound(page, 'quiz');
  await press(page, 'Ask for a review');
  await done(page, 'A review is asked for.');
  await reviewer.goto(at(id, 'en'));
  await press(reviewer, 'Approve');
  await done(reviewer, 'It is approved as it is.');
  await reviewer.context().close();
  await page.goto(at(id, 'en'));
  await press(page, 'Publish now');
  await done(page, 'It is published.');
  await page.context().close();
}

// Firefox as Playwright drives it stalls with windows of three people.
test('a question is written, answered on a page, and settled by the over @chromium', async ({ newsroom, open, page: fan }) => {
  test.slow();
  const { crease } = newsroom;
  const match = await ClubMatch.begin(crease);
  const wrong = troubles(fan);
  const sign = await signer(crease);
  await openPartner(crease, fan, { body: `<main><h1>Cricket</h1><crease-match view="full" match="${match.id}"></crease-match></main>` });
  await expect(fan.locator('crease-match .runs').first()).toHaveText('0/0');
  await expect(quiz(fan)).toHaveCount(0);
  await publish(await open('editor'), await open('reviewer'));

  await fan.bringToFront();
  // It comes to the page that is open, and is for who is signed in.
  await expect(quiz(fan).getByRole('heading', { name: 'Does a wicket fall in the first over?' })).toBeVisible();
  await expect(quiz(fan)).toContainText('Sign in on this site to answer.');
  await expect(quiz(fan).getByRole('timer')).toHaveText(/^(10:00|9:\d\d)$/);
  await fan.evaluate(async (token) => (window as any).Crease.identify(token), sign('user-7', 3600));
  await expect(quiz(fan)).toContainText('25 points for the right answer');
  await expect(quiz(fan)).not.toContainText('%');
  await isSound(fan, 'quiz-open');
  await choice(fan, 'It does not').click();
  await expect(quiz(fan)).toContainText('Your answer is in.');
  await expect(choice(fan, 'It does not')).toHaveAttribute('aria-pressed', 'true');
  await expect(choice(fan, 'It does not')).toContainText('100%');
  await isSound(fan, 'quiz-answered');

  // The first ball locks it, the last one settles it.
  await match.score(2);
  await expect(quiz(fan)).toHaveAttribute('data-state', 'locked');
  for (let ball = 0; ball < 5; ball++) await match.score(2);
  await expect(quiz(fan)).toContainText('Right! 25 points.');
  await expect(choice(fan, 'It does not')).toHaveAttribute('data-mark', 'right');
  await isSound(fan, 'quiz-right');

  // Who leads: of the match, and on the partner's pages; nobody is named who has not picked a name.
  await quiz(fan).getByRole('button', { name: 'Close' }).click();
  await expect(quiz(fan).getByRole('heading')).toHaveCount(0);
  await quiz(fan).getByRole('button', { name: 'Leaderboard' }).press('Enter');
  const leaders = fan.getByRole('dialog', { name: 'Leaderboard' });
  const own = leaders.getByRole('listitem');
  await expect(own).toHaveText(/1\s*A fan\s*You\s*1 of 1 right\s*25 points/);
  const name = leaders.getByLabel('Your name on the boards');
  await name.fill('Zoë ✗');
  await name.press('Enter');
  await expect(leaders.getByRole('status')).toContainText('2 to 24 letters and digits');
  await name.fill('Zoë of Fernhill');
  await leaders.getByRole('button', { name: 'Save' }).click();
  await expect(leaders.getByRole('status')).toHaveText('Saved.');
  await expect(own).toContainText('Zoë of Fernhill');
  await isSound(fan, 'quiz-leaders');
  await leaders.getByRole('tab', { name: 'This match' }).press('ArrowRight');
  await expect(leaders.getByRole('tabpanel', { name: 'This site' })).toContainText('25 points');
  await fan.keyboard.press('Escape');
  await expect(leaders).toBeHidden();
  await expect(quiz(fan).getByRole('button', { name: 'Leaderboard' })).toBeFocused();
  // Browsers say of each refusal that it was one.
  expect(wrong).toEqual([expect.stringMatching(/422 .*quizzes\/me/)]);
});

test('a reviewer has the usual questions asked, sees who answers what, and withdraws them', async ({ newsroom, open, page: fan }) => {
  test.slow();
  const { crease } = newsroom;
  const match = await ClubMatch.announce(crease);
  const wrong = troubles(fan);
  const sign = await signer(crease);
  await openPartner(crease, fan, { body: `<main><h1>Cricket</h1><crease-match view="full" match="${match.id}"></crease-match></main>` });
  const desk = await open('reviewer');
  await desk.goto('/console/content/quizzes');
  const ask = async () => {
    await desk.getByRole('button', { name: 'Choose: Match' }).click();
    await desk.getByRole('searchbox', { name: 'Search' }).fill('Fernhill');
    await desk.getByRole('dialog').getByRole('button', { name: /Fernhill v / }).first().click();
    await press(desk, 'Ask the usual questions');
  };
  await ask();
  await done(desk, 'The usual questions are asked');

  await fan.bringToFront();
  await expect(quiz(fan).getByRole('heading', { name: 'Who wins?' })).toBeVisible();
  await fan.evaluate(async (token) => (window as any).Crease.identify(token), sign('user-9', 3600));
  await choice(fan, 'Marlow Green').click();
  await expect(quiz(fan)).toContainText('Your answer is in.');

  await desk.bringToFront();
  const winner = desk.getByRole('article', { name: 'Who wins?' });
  // It comes by itself: nobody loads the page anew.
  await expect(winner.getByRole('listitem').filter({ hasText: 'Marlow Green' })).toContainText('1 · 100 %');
  await expect(winner).toContainText('Open until the toss');
  await match.send({ type: 'toss', winner: 'Fernhill', decision: 'bat' });
  await expect(winner).toContainText('by the toss');
  await isSound(desk, 'quizdesk-one');
  await desk.goto('/console/content/quizzes');
  await isSound(desk, 'quizdesk-list');
  await ask();
  await done(desk, 'They are asked already');
  await desk.getByText('Withdraw the quiz').click();
  await desk.getByRole('group').filter({ hasText: 'Withdraw the quiz' }).getByLabel('Reason').fill('The match is of another day');
  await press(desk, 'Withdraw it');
  await done(desk, 'It is withdrawn');
  await fan.bringToFront();
  await expect(quiz(fan)).toBeHidden();
  expect(wrong).toEqual([]);
});
