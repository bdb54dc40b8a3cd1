// From signing up to the code to paste, by who has no script, and by who has no mouse.
import { expect, test } from '../fixtures';
import { link, noViolations, PASSWORD, signUp } from '../newcomer';
import type { Locator, Page } from '@playwright/test';

/** Keys pressed at most on the way to a control. */
const TABS_MAX = 60;

/** Goes to a control as the keyboard does. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let pressed = 0; pressed < TABS_MAX; pressed += 1) {
    if (await control.evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`not reached by ${TABS_MAX} tabs: ${control}`);
}

/** Types into a line that the keyboard reaches. */
async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }));
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}

async function press(page: Page, button: string): Promise<void> {
  await tabTo(page, page.getByRole('button', { name: button, exact: true }));
  await page.keyboard.press('Enter');
}

// Firefox's driver cannot switch scripts off.
test('without a script the code has the key, and keeps it while the look is chosen @chromium', async ({ crease, browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await signUp(crease, page);
  // A mistake is told, and what was typed is there still.
  await page.getByLabel('Address').fill('ftp://www.dailycover.example');
  await page.getByRole('button', { name: 'Get the code' }).click();
  await expect(page.getByRole('alert')).toBeFocused();
  await expect(page.getByLabel('Address')).toHaveValue('ftp://www.dailycover.example');
  await page.getByLabel('Address').fill('https://www.dailycover.example');
  await page.getByRole('button', { name: 'Get the code' }).click();
  const key = (await page.locator('#key-text').textContent()) ?? '-';
  expect(key).toMatch(/^crs_pk_live_[0-9A-Za-z]{36}$/);
  for (const [view, lang] of [['full', 'hi'], ['compact', 'ta']]) {
    await page.getByText(view!, { exact: true }).click();
    await page.getByLabel('Language').selectOption(lang!);
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page.locator('#code-html')).toContainText(`data-key="${key}"`);
    await expect(page.locator('#code-html')).toContainText(`view="${view}" lang="${lang}"`);
    await expect(page.locator('#code-react')).toContainText(key);
    await expect(page.getByLabel('Language')).toHaveValue(lang!);
  }
  expect(asked.filter((it) => it.includes(key)), 'the key is in no address').toEqual([]);
  await noViolationsOf(page);

  // Later the page knows its first characters alone, and says so.
  await page.getByRole('link', { name: 'Embed' }).click();
  await expect(page.locator('#code-html')).toContainText(`${key.slice(0, 16)}…`);
  await expect(page.getByText('Write your own key where')).toBeVisible();

  // A key that is made by itself comes into the code as well.
  await page.getByRole('link', { name: 'Make a key for your pages' }).click();
  await page.getByLabel('Name').fill('App');
  await page.getByText('Pages of dailycover.example').click();
  await page.getByRole('button', { name: 'Make the key' }).click();
  const other = (await page.locator('#key-text').textContent()) ?? '-';
  await page.getByRole('button', { name: 'Get the code to paste' }).click();
  await expect(page.locator('#code-html')).toContainText(`data-key="${other}"`);
  expect(asked.filter((it) => it.includes(other))).toEqual([]);
  await context.close();
});

/** Axe is a script: it looks at the same document in a page that has them. */
async function noViolationsOf(page: Page): Promise<void> {
  const context = await page.context().browser()!.newContext();
  const copy = await context.newPage();
  await copy.route(page.url(), async (route) => route.fulfill({ contentType: 'text/html', body: await page.content() }));
  await copy.goto(page.url());
  await noViolations(copy);
  await context.close();
}

for (const javaScriptEnabled of [true, false]) {
  test(`with the keyboard alone, ${javaScriptEnabled ? 'with' : 'without'} a script @chromium`, async ({ crease, browser }) => {
    // Each key is a round trip to the browser.
    test.setTimeout(120_000);
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    const email = `keys-${javaScriptEnabled}@dailycover.example`;
    await page.goto(`${crease.url}/console/sign-up`);
    await type(page, 'Work e-mail', 'nobody');
    await press(page, 'Send me the link');
    await type(page, 'Work e-mail', email);
    await press(page, 'Send me the link');
    await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
    await page.goto(await link(crease, email));
    await type(page, 'Your name', 'Asha Rao');
    await type(page, 'Organisation', 'The Daily Cover');
    await type(page, 'Password', 'short');
    await press(page, 'Create the account');
    // What is wrong is read first, and leads to where it can be put right.
    await expect(page.getByRole('alert')).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
    await type(page, 'Password', PASSWORD);
    await press(page, 'Create the account');
    await expect(page.getByRole('heading', { name: 'Your site' })).toBeVisible();
    await type(page, 'Address', 'nowhere at all');
    await press(page, 'Get the code');
    await expect(page.getByRole('alert')).toBeFocused();
    await type(page, 'Address', 'https://www.dailycover.example');
    await press(page, 'Get the code');
    await expect(page.locator('#code-html')).toContainText(/data-key="crs_pk_live_[0-9A-Za-z]{36}"/);
    // The look: an arrow moves within the radios.
    await tabTo(page, page.getByRole('radio', { name: 'card' }));
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('radio', { name: 'full' })).toBeChecked();
    await press(page, 'Show');
    await expect(page.locator('#code-html')).toContainText(/data-key="crs_pk_live_[0-9A-Za-z]{36}"/);
    await expect(page.locator('#code-html')).toContainText('view="full"');
    // The code is reached, and selected by keys where no button copies it.
    if (javaScriptEnabled) {
      await press(page, 'Copy the HTML');
      await expect(page.locator('#said')).toHaveText(/Copied|^$/);
    } else {
      await tabTo(page, page.locator('#code-html'));
    }
    await context.close();
  });
}
