// What holds of any page of ours, and pictures of it for people to look at.
import { expect } from './fixtures';
import { noViolations } from './newcomer';
import { mkdir } from 'node:fs/promises';
import type { Page } from '@playwright/test';

const PHONE = 390;
const LOOKS = [
  ['phone', PHONE],
  ['tablet', 820],
  ['desktop', 1280],
] as const;
/** Where pictures of each page go. */
const PICTURES = process.env.PICTURES;

/** No violation in light and dark, and nothing wider than a phone but what scrolls by itself. */
export async function isSound(page: Page, name: string): Promise<void> {
  const whole = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await noViolations(page);
    if (PICTURES === undefined) continue;
    await mkdir(PICTURES, { recursive: true });
    for (const [look, width] of LOOKS) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${PICTURES}/${name}-${look}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: PHONE, height: 740 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, page.url()).toBeLessThanOrEqual(PHONE);
  await page.setViewportSize(whole);
}
