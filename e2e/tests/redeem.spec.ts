// Staff redeem a fan's voucher: by its code, or by where its QR code leads. That one is redeemed once is tested on the server.
import { expect, test } from '../fixtures';
import { noViolations, signUp } from '../newcomer';
import { troubles } from '../partner';
import type { Page } from '@playwright/test';

const NARROW = 320;

/** No violation in light and dark, and nothing wider than the narrowest phone but what scrolls by itself. */
async function isSound(page: Page): Promise<void> {
  const whole = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await noViolations(page);
  }
  await page.setViewportSize({ width: NARROW, height: 740 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, page.url()).toBeLessThanOrEqual(NARROW);
  await page.screenshot({ path: `shots/redeem-${new URL(page.url()).pathname.replaceAll('/', '-')}.png`, fullPage: true });
  await page.setViewportSize(whole);
}

test('a code is typed, and a code that was scanned is in no address @chromium', async ({ crease, page }) => {
  await signUp(crease, page);
  await page.goto(`${crease.url}/console`);
  await page.getByRole('link', { name: 'Redeem', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Redeem a voucher' })).toBeVisible();
  await isSound(page);
  const wrong = troubles(page);
  // By keyboard alone.
  await page.getByLabel('Code').focus();
  await page.keyboard.type('0000-0000-0000-0000');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Gate 4');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('There is no voucher of yours that this redeems.');
  await expect(page.getByLabel('Code')).toHaveValue('');
  await expect(page.getByLabel('Where you are')).toHaveValue('Gate 4');
  await isSound(page);

  // A phone's camera opens the link: what is behind its number sign is sent by a form, and leaves the address.
  const token = 'AQAAAABq-not-a-real-one.AAAAAAAA';
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${request.url()} ${request.headers().referer ?? ''}`));
  await page.goto(`${crease.url}/redeem#${token}`);
  await expect(page.getByRole('alert')).toContainText('There is no voucher of yours that this redeems.');
  expect(asked.some((it) => it.startsWith('POST') && it.includes('/redeem'))).toBe(true);
  expect(asked.filter((it) => it.includes(token))).toEqual([]);
  expect(page.url()).not.toContain(token);
  await page.goBack();
  expect(page.url()).not.toContain(token);
  // Without anything scanned it offers to type.
  await page.goto(`${crease.url}/redeem`);
  await expect(page.getByRole('link', { name: 'Type a code instead' })).toBeVisible();
  await isSound(page);
  expect(wrong.filter((it) => !it.includes('422'))).toEqual([]);
});

test('who is not signed in is sent to the door', async ({ crease, page }) => {
  await page.goto(`${crease.url}/redeem#x.y`);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
