// The page says who is signed in; the widget asks Crease whether that is so, and tells no one else.
import { ClubMatch } from '../club';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import { signer } from '../signer';
import type { Page } from '@playwright/test';

interface Told {
  text: string;
  fan: { id: string; kind: string; name?: string } | null;
}

/** What the page's listeners hear, from now on. */
async function listen(page: Page): Promise<() => Promise<Told[]>> {
  await page.addInitScript(() => {
    const told: Told[] = [];
    Object.assign(window, { told });
    document.addEventListener('crease:fan', (event) => told.push((event as CustomEvent<Told>).detail));
  });
  return () => page.evaluate(() => (window as unknown as { told: Told[] }).told.map(({ text, fan }) => ({ text, fan })));
}

test('a signed fan is accepted, a forged one refused, and the token is in no address, storage or foreign request', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  const sign = await signer(crease);
  const [token, forged] = [sign('user-7', 3600), `${sign('user-7', 3600).slice(0, -3)}abc`];
  const sent: { url: string; fan?: string }[] = [];
  page.on('request', (request) => sent.push({ url: request.url(), fan: request.headers()['crease-fan'] }));
  const told = await listen(page);
  const wrong = troubles(page);
  await openPartner(crease, page, { body: `<crease-match match="${match.id}"></crease-match>` });
  await expect(page.locator('crease-match .runs').first()).toHaveText('0/0');

  const fan = await page.evaluate(async (token) => (window as any).Crease.identify(async () => token), token);
  expect(fan).toEqual({ id: expect.stringMatching(/^fan_/), kind: 'signed', name: 'Asha' });
  expect(await told()).toEqual([{ text: '', fan }]);
  // The same user is the same fan.
  const again = sign('user-7', 1800);
  expect(await page.evaluate(async (token) => (window as any).Crease.identify(token), again)).toEqual(fan);
  expect(wrong).toEqual([]);

  expect(await page.evaluate(async (token) => (window as any).Crease.identify(token), forged)).toBeNull();
  const refused = (await told()).at(-1)!;
  expect(refused.fan).toBeNull();
  expect(refused.text).not.toBe('');
  expect(refused.text).not.toContain(forged.slice(-20));
  // Nobody: the user has signed out.
  expect(await page.evaluate(async () => (window as any).Crease.identify(null))).toBeNull();
  expect((await told()).at(-1)).toEqual({ text: '', fan: null });

  const carried = sent.filter((it) => it.fan !== undefined);
  const looks = carried.filter((it) => it.url === `${crease.url}/v1/fans/me`);
  expect(looks.map((it) => it.fan)).toEqual([token, again, forged]);
  // Who is signed in earns by the match: to that Crease, and with what it has accepted.
  const others = carried.filter((it) => !looks.includes(it));
  expect(others.filter((it) => !it.url.startsWith(`${crease.url}/v1/rewards`) || it.fan === forged)).toEqual([]);
  const tail = token.slice(-20);
  expect(sent.filter((it) => it.url.includes(tail))).toEqual([]);
  const left = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML]));
  expect(left).not.toContain(tail);
  expect(await page.context().cookies()).toEqual([]);
});

test('a guest is the same while the page is open, and another one on the next page', async ({ crease, page }) => {
  await openPartner(crease, page, { body: '' });
  await page.waitForFunction(() => (window as any).Crease?.version);
  const guest = () => page.evaluate(async () => (window as any).Crease.identify('guest'));
  const first = await guest();
  expect(first).toEqual({ id: expect.stringMatching(/^guest_/), kind: 'guest' });
  expect(await guest()).toEqual(first);
  await page.reload();
  await page.waitForFunction(() => (window as any).Crease?.version);
  expect((await guest()).id).not.toBe(first.id);
});

test('the page is asked for the next token before one ends, and told when it has none @chromium', async ({ crease, page }) => {
  const sign = await signer(crease);
  const tokens = [sign('user-8', 300), sign('user-8', 900), ''];
  let asked = 0;
  await page.exposeFunction('nextToken', () => tokens[Math.min(asked++, 2)]);
  const told = await listen(page);
  await page.clock.install();
  await openPartner(crease, page, { body: '' });
  await page.waitForFunction(() => (window as any).Crease?.version);
  const fan = await page.evaluate(async () => (window as any).Crease.identify((window as any).nextToken));
  expect(fan.kind).toBe('signed');
  await page.clock.fastForward(200_000);
  expect(asked).toBe(1);
  await page.clock.fastForward(50_000);
  await expect.poll(() => asked).toBe(2);
  // The same fan: nothing to tell.
  expect(await told()).toEqual([{ text: '', fan }]);
  // The widget has heard of the second token only some time after it asked for it.
  const later = async () => {
    await page.clock.fastForward(900_000);
    return asked;
  };
  await expect.poll(later).toBe(3);
  await expect.poll(async () => (await told()).at(-1)).toEqual({ text: '', fan: null });
});

test('a question without an answer is asked again, and says nothing of who it is @chromium', async ({ crease, page }) => {
  const sign = await signer(crease);
  let down = true;
  await page.route('**/v1/fans/me', (route) => (down ? route.abort() : route.continue()));
  const told = await listen(page);
  await page.clock.install();
  await openPartner(crease, page, { body: '' });
  await page.waitForFunction(() => (window as any).Crease?.version);
  expect(await page.evaluate(async (token) => (window as any).Crease.identify(token), sign('user-9', 3600))).toBeNull();
  expect(await told()).toEqual([]);
  down = false;
  await page.clock.fastForward(10_000);
  await expect.poll(async () => (await told()).map((it) => it.fan?.kind)).toEqual(['signed']);
});
