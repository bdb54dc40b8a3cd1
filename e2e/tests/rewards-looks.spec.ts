// The rewards fit from a watch to a desk, in both themes and both directions, and axe finds nothing.
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '../fixtures';
import { card, element, furnish, identify, open, order, step, tab, toast } from '../rewards-page';
import { FakeWallet } from '../wallet';

for (const name of ['Earned', 'Missions', 'Vouchers', 'Market']) {
  for (const [width, theme, dir] of [
    [360, 'light', 'ltr'],
    [360, 'dark', 'rtl'],
    [768, 'dark', 'ltr'],
    [1280, 'light', 'ltr'],
    [240, 'light', 'ltr'],
  ] as const) {
    test(
      `${name} fits ${width} px in ${theme}, ${dir}, and axe finds nothing`,
      { tag: '@chromium' },
      async ({ crease, page }) => {
        const wallet = await FakeWallet.before(crease, page);
        furnish(wallet);
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ reducedMotion: 'reduce' });
        const colours = theme === 'dark' ? '#121714; color: #eee' : '#fff';
        const style = `<style>body { margin: 1rem; background: ${colours} }</style>`;
        const wrong = await open(wallet, crease, page, {
          head: style,
          body: `<div dir="${dir}"><crease-rewards theme="${theme}"></crease-rewards></div>`,
        });
        await tab(page, name).click();
        await expect(element(page).locator('.row, .card').first()).toBeVisible();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await page.screenshot({ path: `shots/rewards-${name}-${width}-${theme}-${dir}.png`, fullPage: true });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
        expect(wrong).toEqual([]);
      },
    );
  }
}

for (const [width, theme, dir] of [
  [360, 'light', 'ltr'],
  [360, 'dark', 'rtl'],
  [1280, 'dark', 'ltr'],
] as const) {
  test(`steps and states fit ${width} px in ${theme}, ${dir}`, { tag: '@chromium' }, async ({ crease, page }) => {
    const wallet = await FakeWallet.before(crease, page);
    const rewards = furnish(wallet);
    await page.setViewportSize({ width, height: 760 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const colours = theme === 'dark' ? '#121714; color: #eee' : '#fff';
    await open(wallet, crease, page, {
      head: `<style>body { margin: 1rem; background: ${colours} } a { color: inherit }</style>`,
      body: `<div dir="${dir}"><crease-rewards theme="${theme}" signin-href="/login"></crease-rewards></div>`,
    });
    const look = async (name: string) => {
      await page.screenshot({ path: `shots/rewards-${name}-${width}-${theme}-${dir}.png` });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((it) => `${name}: ${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    };
    const leave = async () => {
      await page.keyboard.press('Escape');
      await expect(step(page)).toHaveCount(0);
    };
    await tab(page, 'Vouchers').click();
    await card(page, 'A coffee').getByRole('button').click();
    await expect(step(page)).toContainText('Reserved for');
    await look('buy');
    rewards.reservations[0].state = 'expired';
    await step(page).getByRole('button', { name: 'Buy' }).click();
    await expect(step(page).getByRole('alert')).not.toHaveText('');
    await look('late');
    await leave();
    await element(page).getByRole('button', { name: /^Give/ }).click();
    await look('gift');
    await leave();
    await element(page).getByRole('button', { name: /^Use/ }).click();
    await look('use');
    await step(page).getByRole('button', { name: 'Show the code' }).click();
    await expect(step(page).getByRole('img')).toBeVisible();
    await look('code');
    rewards.claimed[0].state = 'redeemed';
    wallet.tell();
    await expect(step(page).getByRole('status')).toHaveText('Redeemed');
    await look('redeemed');
    await leave();
    rewards.earn('Six!', 50);
    await expect(toast(page)).toHaveText('You earned 50 points: Six!');
    await look('toast');
    await tab(page, 'Market').click();
    await element(page).getByRole('button', { name: 'Buy at 121' }).click();
    await look('order');
    await leave();
    rewards.orders = [119, 117].map((price, at) => {
      const ids = { id: `ord_${at}`, market: 'mkt_coffee' };
      return {
        ...ids,
        side: 'buy',
        type: 'limit',
        price,
        quantity: 3,
        filled: at,
        left: 3 - at,
        state: 'resting',
        fills: [],
      };
    });
    rewards.change(['bid', 119, 3]);
    wallet.tell();
    await expect(order(page)).toHaveCount(2);
    await order(page).first().scrollIntoViewIfNeeded();
    await look('orders');
    rewards.turn('halted');
    await expect(element(page).locator('.badge')).toHaveText('Halted');
    await element(page).locator('.badge').scrollIntoViewIfNeeded();
    await look('halted');
    wallet.frozen = true;
    wallet.tell();
    await expect(element(page).getByText('This wallet is frozen.')).toBeVisible();
    rewards.refusals = [{ of: 'GET', status: 503, word: 'unavailable' }];
    await tab(page, 'Missions').click();
    await expect(element(page).getByText('This does not work just now.')).toBeVisible();
    await look('away');
    rewards.refusals = [];
    rewards.missions = [];
    await element(page).getByRole('button', { name: 'Try again' }).click();
    await expect(element(page).getByText('No missions now')).toBeVisible();
    await look('empty');
    await identify(page, 'guest');
    await expect(element(page)).toContainText('Your points are waiting');
    await look('guest');
  });
}
