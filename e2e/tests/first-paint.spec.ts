// The score is there before the wasm, stays while the wasm takes over, and goes on where no wasm may run.
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import { openPartner, readers, troubles, uncaught } from '../partner';
import type { Page } from '@playwright/test';

const WASM = '**/v1/bundle/**/crease.wasm';
const RESERVE = '<style>crease-match{display:block;min-height:26rem}</style>';
const runs = (page: Page) => page.locator('crease-match .runs').first();
const element = (match: string, more = '') => `<crease-match match="${match}" ${more}></crease-match><p id="below">Below</p>`;

/** Holds the wasm back until the returned function is called. */
async function holdWasm(page: Page): Promise<() => void> {
  let let_go = () => {};
  const held = new Promise<void>((go) => (let_go = go));
  await page.route(WASM, async (route) => {
    await held;
    await route.continue();
  });
  return let_go;
}

/** Notes every score that is shown to the fan, frame by frame, and how far the page was shifted. */
function observe(): void {
  const shown: string[] = [];
  const shifts: number[] = [];
  Object.assign(window, { shown, shifts });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
  }).observe({ type: 'layout-shift', buffered: true });
  const look = () => {
    const score = document.querySelector('crease-match')?.shadowRoot?.querySelector('.runs')?.textContent ?? '';
    if (shown.at(-1) !== score) shown.push(score);
    requestAnimationFrame(look);
  };
  look();
}

const observed = (page: Page) => page.evaluate(() => window as unknown as { shown: string[]; shifts: number[] }).then(() =>
  page.evaluate(() => {
    const { shown, shifts } = window as unknown as { shown: string[]; shifts: number[] };
    return { shown, shifts };
  }),
);

test('the score is shown before the wasm and stays when the wasm takes over, without a flash or a shift', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const wrong = troubles(page);
  const letGo = await holdWasm(page);
  await page.addInitScript(observe);
  await openPartner(crease, page, { head: RESERVE, body: element(match.id) });
  await expect(runs(page)).toHaveText('4/0');
  await expect(page.locator('crease-match [part="status"]')).not.toBeEmpty();
  await expect(page.locator('crease-match table')).toHaveCount(0);
  // Bowled while the wasm is on its way: heard by the stream that it is handed.
  await expect.poll(() => readers(crease)).toBe(1);
  await match.score(2);
  letGo();
  await expect(page.locator('crease-match table')).not.toHaveCount(0);
  await expect(runs(page)).toHaveText('6/0');
  await match.score(2);
  await expect(runs(page)).toHaveText('8/0');
  expect(await readers(crease), 'the stream was handed over, not opened anew').toBe(1);
  const { shown, shifts } = await observed(page);
  expect(shown).toEqual(['', '4/0', '6/0', '8/0']);
  expect(shifts.reduce((sum, it) => sum + it, 0)).toBe(0);
  expect(wrong).toEqual([]);
});

test('an element declared in the page is there without a script, and is taken over where it is', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const key = { authorization: `Bearer ${crease.demo.secret_key}` };
  const html = await (await fetch(`${crease.url}/v1/embed/${match.id}`, { headers: key })).text();
  await page.addInitScript(observe);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await openPartner(crease, page, { head: RESERVE, body: html, script: null });
  await expect(runs(page)).toHaveText('4/0');
  await match.score(2);
  const wrong = troubles(page);
  await openPartner(crease, page, { head: RESERVE, body: html });
  await expect(runs(page)).toHaveText('6/0');
  const { shown, shifts } = await observed(page);
  expect(shown.filter((it) => it !== '')).toEqual(['4/0', '6/0']);
  expect(shifts.reduce((sum, it) => sum + it, 0)).toBe(0);
  expect(asked.filter((it) => it.includes('/v1/embed/'))).toEqual([]);
  const streams = asked.filter((it) => it.includes('/stream?'));
  expect(streams).toHaveLength(1);
  expect(new URL(streams[0]).searchParams.get('last_event_id')).toMatch(/^\d+\.2$/);
  expect(wrong).toEqual([]);
});

for (const [name, policy] of Object.entries({
  'forbids wasm': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src HOST; connect-src HOST",
  'forbids wasm and markup from scripts':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src HOST; connect-src HOST; require-trusted-types-for 'script'; trusted-types 'none'",
})) {
  test(`a page that ${name} has a live score all the same`, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await match.score(4);
    const wrong = troubles(page);
    await openPartner(crease, page, { body: element(match.id), policy: policy.replaceAll('HOST', crease.url), script: 'data-wasm="off"' });
    await expect(runs(page)).toHaveText('4/0');
    for (const score of ['6/0', '8/0']) {
      await match.score(2);
      await expect(runs(page)).toHaveText(score);
    }
    expect(wrong).toEqual([]);
    await page.evaluate(() => document.querySelector('crease-match')?.remove());
    await expect.poll(() => readers(crease)).toBe(0);
  });
}

test('where wasm fails without a word, the frame goes on and the page is told once', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  await page.route(WASM, (route) => route.fulfill({ status: 200, contentType: 'application/wasm', body: 'no wasm' }));
  const thrown = await uncaught(page);
  await page.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    for (const name of ['ready', 'error']) document.addEventListener(`crease:${name}`, () => heard.push(name));
  });
  await openPartner(crease, page, { body: element(match.id) });
  await expect(runs(page)).toHaveText('4/0');
  await match.score(2);
  await expect(runs(page)).toHaveText('6/0');
  await expect.poll(() => page.evaluate(() => (window as unknown as { heard: string[] }).heard.sort())).toEqual(['error', 'ready']);
  expect(await thrown()).toEqual([]);
});

test('where nothing but the loader comes through, that is said and nothing is thrown', async ({ crease, page }) => {
  for (const path of ['**/v1/embed/**', '**/v1/bundle/**', '**/v1/matches/**']) await page.route(path, (route) => route.abort());
  const thrown = await uncaught(page);
  await openPartner(crease, page, { body: element('mat_0000000000000000000000') });
  await expect.poll(() => page.locator('crease-match').evaluate((it) => it.shadowRoot?.textContent)).toBe('Unavailable');
  expect(await thrown()).toEqual([]);
});

// Firefox's driver cannot turn scripts off.
test('a page without scripts still has the score, and asks for it again by itself', { tag: '@chromium' }, async ({ crease, browser }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${crease.url}/v1/embed/${match.id}?frame=page&key=${crease.demo.publishable_key}`);
  await expect(runs(page)).toHaveText('4/0');
  await expect(page.locator('meta[http-equiv="refresh"]')).toHaveAttribute('content', '20');
  await context.close();
});

for (const live of ['widget', 'frame']) {
  test(`a page for a frame is live by the ${live} under its own policy`, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await match.score(4);
    const wrong = troubles(page);
    const source = `${crease.url}/v1/embed/${match.id}?frame=page&live=${live}&key=${crease.demo.publishable_key}`;
    await openPartner(crease, page, { script: null, body: `<iframe title="Score" src="${source}" width="400" height="440"></iframe>` });
    const score = page.frameLocator('iframe').locator('crease-match .runs').first();
    await expect(score).toHaveText('4/0');
    await match.score(2);
    await expect(score).toHaveText('6/0');
    expect(wrong).toEqual([]);
  });
}
