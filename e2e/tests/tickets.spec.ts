// A frame that was opened with a ticket in the key's place outlives it.
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import type { Page } from '@playwright/test';

/** What a partner's server does. */
async function ticket(url: string, key: string, match: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/tickets`, { method: 'POST', headers, body: JSON.stringify({ match }) });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { ticket: string }).ticket;
}

/** The keys of the requests of a kind, in the order in which they were sent. */
function keysOf(page: Page, path: string): string[] {
  const keys: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname.endsWith(path)) keys.push(url.searchParams.get('key') ?? request.headers()['x-crease-key'] ?? '');
  });
  return keys;
}

for (const live of ['widget', 'frame']) {
  test(`a ${live} in a frame goes on with the next ticket when its stream breaks @chromium`, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await match.score(4);
    const first = await ticket(crease.url, crease.demo.secret_key, match.id);
    // A ticket of the same second is the same text.
    await expect.poll(() => ticket(crease.url, crease.demo.secret_key, match.id)).not.toBe(first);
    const [streams, renewals, frames] = ['/stream', '/v1/tickets/renew', `/v1/embed/${match.id}`].map((it) => keysOf(page, it));
    await page.clock.install();
    await page.goto(`${crease.url}/v1/embed/${match.id}?frame=page&live=${live}&key=${first}`);
    const score = page.locator('crease-match .runs').first();
    await expect(score).toHaveText('4/0');
    await expect.poll(() => renewals).toEqual([first]);
    // Two minutes later the one that came is exchanged again.
    const answer = page.waitForResponse('**/v1/tickets/renew');
    await page.clock.fastForward(121_000);
    const { ticket: newest } = (await (await answer).json()) as { ticket: string };
    expect(renewals.length).toBe(2);
    expect([renewals[1], newest]).not.toContain(first);

    // Every stream breaks, and comes back by itself.
    const before = streams.length;
    await crease.restart();
    await match.score(2);
    await expect(async () => {
      await page.clock.fastForward(30_000);
      expect(streams.length).toBeGreaterThan(before);
      await expect(score).toHaveText('6/0', { timeout: 500 });
    }).toPass();
    expect(streams.slice(before).every((it) => it !== first), 'none by the ticket of the address').toBe(true);
    if (live === 'frame') expect(frames.at(-1)).not.toBe(first);
  });
}

test('a ticket that has ended says so, and is not asked for again and again @chromium', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  const renewals = keysOf(page, '/v1/tickets/renew');
  const good = await ticket(crease.url, crease.demo.secret_key, match.id);
  // As if its time had passed while the page was on its way.
  await page.route('**/v1/tickets/renew', (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"title":"over"}' }));
  await page.clock.install();
  await page.goto(`${crease.url}/v1/embed/${match.id}?frame=page&key=${good}`);
  await expect(page.locator('crease-match .runs').first()).toHaveText('0/0');
  await expect.poll(() => renewals.length).toBe(1);
  await page.clock.fastForward(600_000);
  await match.score(1);
  await expect(page.locator('crease-match .runs').first()).toHaveText('1/0');
  expect(renewals.length).toBe(1);
});
