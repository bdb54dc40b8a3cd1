// What a fan earns and has for it, on a partner's page: four tabs, each state of them, and what they leave alone.
import AxeBuilder from '@axe-core/playwright';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import { FakeRewards, market, product } from '../rewards';
import { FakeWallet, points } from '../wallet';
import type { Page } from '@playwright/test';

const element = (page: Page) => page.locator('crease-rewards');
const tab = (page: Page, name: string) => element(page).getByRole('tab', { name, exact: true });
const step = (page: Page) => element(page).getByRole('dialog');
const toast = (page: Page) => element(page).locator('.toast');

const coffee = () =>
  product('prd_coffee', 'A coffee at Mill Lane', {
    description: 'Any size, at the stand behind the pavilion, on match days.',
    price: 120,
    left: 2,
  });
const cap = () =>
  product('prd_cap', 'Fernhill cap', { description: 'The green one, one size.', price: 900, stock: 3, tradable: false });
const scarf = () => product('prd_scarf', 'Scarf', { price: 80, stock: 0 });

/** A fan with something of everything. */
function furnish(wallet: FakeWallet): FakeRewards {
  const rewards = FakeRewards.beside(wallet);
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const earned = (title: string, units: number, minutes: number, state = 'paid') => {
    const id = `grt_${title}`;
    return { id, title, campaign: 'Super Sunday', rule: 'six', units, state, earned_at: ago(minutes) };
  };
  wallet.balances = [points(1240, 40)];
  rewards.earned = [
    earned('Six by Asha Vale', 30, 2),
    earned('Ten minutes watched', 5, 12, 'earned'),
    earned('Right answer: who opens the bowling', 50, 64),
    earned('Named the player of the match before the toss', 100, 1500, 'taken'),
    earned('Seventh wicket', 10, 1600, 'refused'),
  ];
  const end = new Date(Date.now() + 4 * 86_400_000).toISOString();
  rewards.missions = [
    { campaign: 'Super Sunday', rule: 'a', title: 'Watch five matches in a row', units: 200, done: 3, of: 5, earned_today: 0, left_today: null, ends_at: end },
    { campaign: 'Super Sunday', rule: 'b', title: 'Each six of Fernhill', units: 30, done: 3, of: null, earned_today: 90, left_today: 60, ends_at: end },
    { campaign: 'Quiz week', rule: 'c', title: 'Answer forty questions', units: 500, done: 22, of: 40, earned_today: 40, left_today: 0, ends_at: end },
  ];
  const own = coffee();
  rewards.products = [own, cap(), scarf(), product('prd_shirt', 'Signed shirt', { price: 5000 })];
  rewards.markets = [
    market('mkt_coffee', own, { last: { price: 119, quantity: 1, at: ago(3) } }),
    market('mkt_scarf', rewards.products[2]),
  ];
  rewards.bids = [[118, 4], [117, 9], [115, 2], [110, 14]];
  rewards.asks = [[121, 3], [122, 6], [125, 11], [130, 1], [131, 2], [140, 20], [150, 5]];
  rewards.trades = [119, 120, 118].map((price, at) => ({ price, quantity: at + 1, at: ago(3 + at), side: at % 2 ? 'buy' : 'sell' }));
  const { valid_until, transferable, tradable, id, name } = own;
  rewards.held = [{ product: id, name, units: 2, available: 2, held: 0, valid_until, transferable, tradable }];
  const claimed = { product: id, name, valid_until, claimed_at: ago(90) };
  rewards.claimed = [
    { id: 'vch_a', ...claimed, state: 'claimed', code: 'ABCD-EFGH-JK42', redeemed_at: null },
    { id: 'vch_b', ...claimed, name: 'Fernhill cap', state: 'redeemed', code: null, redeemed_at: ago(50) },
    { id: 'vch_c', ...claimed, name: 'Scarf', state: 'expired', code: null, redeemed_at: null },
  ];
  return rewards;
}

interface Opened {
  body?: string;
  token?: string | null;
  head?: string;
  lang?: string;
}

/** A page with rewards and without the match's loader. */
async function open(wallet: FakeWallet, crease: Crease, page: Page, opened: Opened = {}): Promise<string[]> {
  const { body = '<crease-rewards></crease-rewards>', token = 'token-asha', head = '', lang } = opened;
  const wrong = troubles(page);
  const queue = 'window.Crease = window.Crease || { q: [] }';
  const identify = `<script>${queue}; Crease.q.push(() => Crease.identify(${JSON.stringify(token)}))</script>`;
  const main = `<main><h1>Cricket</h1>${body}</main>`;
  await openPartner(crease, page, { head: head + wallet.tag('crease-wallet.js') + identify, script: null, lang, body: main });
  return wrong;
}

for (const name of ['Earned', 'Missions', 'Vouchers', 'Market']) {
  for (const [width, theme, dir] of [
    [360, 'light', 'ltr'],
    [360, 'dark', 'rtl'],
    [768, 'dark', 'ltr'],
    [1280, 'light', 'ltr'],
    [240, 'light', 'ltr'],
  ] as const) {
    test(`${name} fits ${width} px in ${theme}, ${dir}, and axe finds nothing`, { tag: '@chromium' }, async ({ crease, page }) => {
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
    });
  }
}
