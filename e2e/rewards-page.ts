// A partner's page with the rewards of a fan who has something of everything, and what is looked for on it.
import type { Crease } from './fixtures';
import { openPartner, troubles } from './partner';
import { FakeRewards, market, product } from './rewards';
import { type FakeWallet, points } from './wallet';
import type { Page } from '@playwright/test';

export const element = (page: Page) => page.locator('crease-rewards');
export const tab = (page: Page, name: string) => element(page).getByRole('tab', { name, exact: true });
export const step = (page: Page) => element(page).getByRole('dialog');
export const toast = (page: Page) => element(page).locator('.toast');

export const coffee = () =>
  product('prd_coffee', 'A coffee at Mill Lane', {
    description: 'Any size, at the stand behind the pavilion, on match days.',
    price: 120,
    left: 2,
  });
export const cap = () =>
  product('prd_cap', 'Fernhill cap', {
    description: 'The green one, one size.',
    price: 900,
    stock: 3,
    tradable: false,
  });
export const scarf = () => product('prd_scarf', 'Scarf', { price: 80, stock: 0 });

/** A fan with something of everything. */
export function furnish(wallet: FakeWallet): FakeRewards {
  const rewards = FakeRewards.beside(wallet);
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const earned = (title: string, units: number, minutes: number, state = 'paid') => {
    const id = `grt_${title}`;
    return { id, title, campaign: 'cmp_sunday', rule: 'six', units, state, earned_at: ago(minutes) };
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
  rewards.tier = 'Gold';
  rewards.missions = [
    {
      campaign: 'cmp_sunday',
      rule: 'a',
      title: 'Watch five matches in a row',
      units: 20,
      done: 3,
      of: 5,
      bonus: 200,
      earned_today: 0,
      left_today: null,
      ends_at: end,
    },
    {
      campaign: 'cmp_sunday',
      rule: 'b',
      title: 'Each six of Fernhill',
      units: 30,
      done: null,
      of: null,
      bonus: null,
      earned_today: 90,
      left_today: 60,
      ends_at: end,
    },
    {
      campaign: 'cmp_quiz',
      rule: 'c',
      title: 'Answer forty questions',
      units: 5,
      done: 22,
      of: 40,
      bonus: 500,
      earned_today: 40,
      left_today: 0,
      ends_at: end,
    },
  ];
  const own = coffee();
  rewards.products = [own, cap(), scarf(), product('prd_shirt', 'Signed shirt', { price: 5000 })];
  rewards.markets = [
    market('mkt_coffee', own, { last: { price: 119, quantity: 1, at: ago(3) } }),
    market('mkt_scarf', rewards.products[2]),
  ];
  rewards.bids = [
    [118, 4],
    [117, 9],
    [115, 2],
    [110, 14],
  ];
  rewards.asks = [
    [121, 3],
    [122, 6],
    [125, 11],
    [130, 1],
    [131, 2],
    [140, 20],
    [150, 5],
  ];
  rewards.trades = [119, 120, 118].map((price, at) => ({
    price,
    quantity: at + 1,
    at: ago(3 + at),
    side: at % 2 ? 'buy' : 'sell',
  }));
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
export async function open(wallet: FakeWallet, crease: Crease, page: Page, opened: Opened = {}): Promise<string[]> {
  const { body = '<crease-rewards></crease-rewards>', token = 'token-asha', head = '', lang } = opened;
  const wrong = troubles(page);
  const queue = 'window.Crease = window.Crease || { q: [] }';
  const identify = `<script>${queue}; Crease.q.push(() => Crease.identify(${JSON.stringify(token)}))</script>`;
  const main = `<main><h1>Cricket</h1>${body}</main>`;
  await openPartner(crease, page, {
    head: head + wallet.tag('crease-wallet.js') + identify,
    script: null,
    lang,
    body: main,
  });
  return wrong;
}

export const identify = (page: Page, token: string | null) =>
  page.evaluate((token) => (window as any).Crease.identify(token), token);
export const balance = (page: Page) => element(page).locator('.balance .amount');
export const card = (page: Page, name: string) => element(page).locator('.product').filter({ hasText: name });
export const news = (page: Page) => element(page).locator('.unseen[role=status]');

export const level = (page: Page, side: 'ask' | 'bid', price: string) =>
  element(page)
    .locator(`tr.${side}`)
    .filter({ has: page.getByText(price, { exact: true }) });
export const order = (page: Page) => element(page).locator('.order');
