// The element's life on a partner's page: it comes, goes, changes and fails without a trace.
import { type Crease, expect, test } from '../fixtures';
import type { Page } from '@playwright/test';

/** Open streams, as the server counts them. */
async function readers(crease: Crease): Promise<number> {
  const text = await (await fetch(`${crease.url}/metrics`)).text();
  return Number(/^stream_subscribers (\d+)/m.exec(text)?.[1] ?? 0);
}

const card = (page: Page) => page.locator('article crease-match');

test('elements share a stream, the last one to go closes it, and one that comes back opens another', async ({ crease, page }) => {
  await page.goto(crease.page('plain-html', crease.demo.sandbox_match));
  await expect(card(page).locator('.team')).toHaveCount(2);
  await expect.poll(() => readers(crease)).toBe(1);
  await page.evaluate(() => {
    const element = document.querySelector('article crease-match');
    Object.assign(window, { element, parent: element?.parentElement });
    for (const it of document.querySelectorAll('crease-match')) it.remove();
  });
  await expect.poll(() => readers(crease)).toBe(0);
  await page.evaluate(() => {
    const { element, parent } = window as unknown as { element: Element; parent: Element };
    parent.append(element);
  });
  await expect(card(page).locator('.team')).toHaveCount(2);
  await expect.poll(() => readers(crease)).toBe(1);
  await page.goto('about:blank');
  await expect.poll(() => readers(crease)).toBe(0);
});

test('a script can mount a match and take it away', async ({ crease, page }) => {
  await page.goto(crease.page('plain-html', crease.demo.sandbox_match));
  await expect(card(page).locator('.team')).toHaveCount(2);
  await page.evaluate((match) => {
    const place = document.createElement('section');
    place.id = 'mine';
    document.body.append(place);
    const { Crease } = window as unknown as { Crease: { mount(place: Element, options: object): Element } };
    Crease.mount(place, { match, view: 'compact' });
  }, crease.demo.sandbox_match);
  await expect(page.locator('#mine crease-match .team')).toHaveCount(2);
  await expect.poll(() => readers(crease)).toBe(1);
  await page.evaluate(() => {
    const { Crease } = window as unknown as { Crease: { unmount(place: Element | null): void } };
    Crease.unmount(document.querySelector('#mine'));
  });
  await expect(page.locator('#mine crease-match')).toHaveCount(0);
  await expect.poll(() => readers(crease)).toBe(1);
});

test('a key that opens nothing is told in words, to the fan and to the page', async ({ crease, page }) => {
  await page.goto(crease.page('plain-html', crease.demo.sandbox_match));
  await expect(card(page).locator('.team')).toHaveCount(2);
  const problem = page.evaluate(
    () => new Promise((told) => document.addEventListener('crease:error', (event) => told(event.type), { once: true })),
  );
  await page.evaluate(() => document.querySelector('article crease-match')?.setAttribute('match', 'mat_0000000000000000000000'));
  expect(await problem).toBe('crease:error');
  await expect(card(page).locator('[part="status"]')).not.toBeEmpty();
});

test('tabs are worked by keyboard', async ({ crease, page }) => {
  await page.goto(crease.page('plain-html', crease.demo.sandbox_match));
  const tab = card(page).locator('[role="tab"]');
  await tab.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(tab.nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(tab.nth(1)).toBeFocused();
  await expect(card(page).locator('[role="tabpanel"]')).toBeVisible();
});
