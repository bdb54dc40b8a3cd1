// A Crease with something in its books, and operators who are signed in: for the pages of finance.
import { Crease, expect, test as base } from './fixtures';
import { signUp } from './newcomer';
import { signer } from './signer';
import type { Browser, Page } from '@playwright/test';

/** A payment through the gateway in which no money moves. */
export interface Paid {
  id: string;
  fan: string;
}

const PACKS = '[{ id = "small", coins = 100, asset = "inr", price = 9900 }]';
const START_MS_MAX = 90_000;

export const test = base.extend<object, { crease: Crease }>({
  crease: [
    async ({}, use) => {
      const crease = await Crease.start({ CREASE__PAYMENTS__PACKS: PACKS });
      await use(crease);
      await crease.stop();
    },
    { scope: 'worker', timeout: START_MS_MAX },
  ],
});

/** Two people with accounts of their own, who operate the platform. */
export async function operators(crease: Crease, browser: Browser): Promise<[Page, Page]> {
  const pages: Page[] = [];
  for (const _ of ['one', 'two']) {
    const page = await (await browser.newContext()).newPage();
    const email = await signUp(crease, page);
    await crease.runMeanwhile('grant', email, 'operator');
    pages.push(page);
  }
  const [one, two] = pages;
  expect(one && two).toBeTruthy();
  return [one as Page, two as Page];
}

/** A fan of a test key's pages buys a hundred coins for 99 rupees. */
export async function buy(crease: Crease, user: string): Promise<Paid> {
  const json = async (path: string, init: RequestInit): Promise<Record<string, any>> => {
    const answer = await fetch(new URL(path, crease.url), init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, any>);
  };
  const sign = await signer(crease, 'test');
  const own = { 'x-crease-key': crease.demo.test_key, 'crease-fan': sign(user), origin: 'http://localhost:3000' };
  const body = JSON.stringify({ pack: 'small' });
  const keyed = { ...own, 'idempotency-key': user, 'content-type': 'application/json' };
  const begun = await json('/v1/wallet/top-ups', { method: 'POST', headers: keyed, body });
  await json(new URL(begun.page.url, crease.url).pathname, { method: 'POST' });
  await expect(async () => {
    const { is_credited } = await json(`/v1/wallet/top-ups/${begun.id}`, { headers: own });
    expect(is_credited).toBe(true);
  }).toPass();
  const { fan_id } = await json('/v1/wallet', { headers: own });
  return { id: begun.id, fan: fan_id };
}
