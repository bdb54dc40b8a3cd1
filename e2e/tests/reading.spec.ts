// The pages around a match: the example in both themes and at three widths, and the API's reference.
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '../fixtures';

const WIDTHS = { phone: 390, tablet: 820, desktop: 1280 };

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [name, width] of Object.entries(WIDTHS)) {
    test(`the sandbox match fits a ${name} in ${colorScheme}`, async ({ crease, page }) => {
      // A chip that is just fading in has no contrast yet; without motion every moment is a settled one.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(crease.page('plain-html', crease.demo.sandbox_match));
      const card = page.locator('article crease-match');
      await expect(card.locator('.team')).toHaveCount(2);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      const { violations } = await new AxeBuilder({ page }).include('crease-match').analyze();
      expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
    });
  }
}

test('a match that does not exist is told in words', async ({ crease, page }) => {
  await page.goto(crease.page('plain-html', 'mat_0000000000000000000000'));
  await expect(page.locator('article crease-match')).toContainText(/no such|not found|no match/i);
});

test('the reference names every route and loads nothing from elsewhere', async ({ crease, page }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(crease.url)) foreign.push(request.url());
  });
  await page.goto(`${crease.url}/reference`);
  const api = await (await fetch(`${crease.url}/openapi.json`)).json();
  const text = await page.locator('body').innerText();
  for (const path of Object.keys(api.paths)) expect(text).toContain(path);
  expect(foreign).toEqual([]);
});
