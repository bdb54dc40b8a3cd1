// Pages that are one page: elements come, change, move and go, and leave nothing behind.
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import { openPartner, readers, troubles, uncaught } from '../partner';
import type { Page } from '@playwright/test';

const runs = (page: Page) => page.locator('crease-match .runs').first();

/** Notes what is listened for on the window and the document, and each stream. */
function count(): void {
  const state = { listeners: new Set<string>(), sources: [] as EventSource[] };
  Object.assign(window, { state });
  const names = new WeakMap<object, number>();
  let known = 0;
  const name = (kind: string, run: unknown) => {
    if (!names.has(run as object)) names.set(run as object, known++);
    return `${kind} ${names.get(run as object)}`;
  };
  for (const target of [window, document]) {
    const { addEventListener: add, removeEventListener: remove } = target;
    target.addEventListener = (...values: Parameters<typeof add>) => {
      const named = name(values[0], values[1]);
      const signal = typeof values[2] === 'object' ? values[2].signal : undefined;
      if (!signal?.aborted) state.listeners.add(named);
      signal?.addEventListener('abort', () => state.listeners.delete(named));
      return add.apply(target, values as never);
    };
    target.removeEventListener = (...values: Parameters<typeof add>) => {
      state.listeners.delete(name(values[0], values[1]));
      return remove.apply(target, values as never);
    };
  }
  const Native = EventSource;
  window.EventSource = class extends Native {
    constructor(url: string | URL) {
      super(url);
      state.sources.push(this);
    }
  };
}

const counted = (page: Page) =>
  page.evaluate(() => {
    const { state } = window as unknown as { state: { listeners: Set<string>; sources: EventSource[] } };
    return { listeners: state.listeners.size, opened: state.sources.length, open: state.sources.filter((it) => it.readyState !== 2).length };
  });

test('elements that come and go a hundred times leave no stream and no listener', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await page.addInitScript(count);
  // A stream that is closed while it opens is an error of the page to Firefox's driver, and none to the page.
  const thrown = await uncaught(page);
  await openPartner(crease, page, { body: '<main></main>' });
  const come = () =>
    page.evaluate((match) => {
      const element = document.createElement('crease-match');
      element.setAttribute('match', match);
      document.querySelector('main')?.append(element);
    }, match.id);
  const go = () => page.evaluate(() => document.querySelector('crease-match')?.remove());
  await come();
  await expect(runs(page)).toHaveText('0/0');
  await go();
  await expect.poll(async () => (await counted(page)).open).toBe(0);
  const before = (await counted(page)).listeners;
  for (let round = 0; round < 100; round++) {
    await come();
    if (round % 10 === 0) await expect(runs(page)).toHaveText('0/0');
    await go();
  }
  await expect.poll(() => counted(page)).toMatchObject({ listeners: before, open: 0 });
  await expect.poll(() => readers(crease)).toBe(0);
  expect(await thrown()).toEqual([]);
});

test('elements that go before the wasm is there close their stream, and one that stays keeps it', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  await page.addInitScript(count);
  let letGo = () => {};
  const held = new Promise<void>((go) => (letGo = go));
  await page.route('**/v1/bundle/**', async (route) => {
    await held;
    await route.continue();
  });
  const element = `<crease-match match="${match.id}"></crease-match>`;
  await openPartner(crease, page, { body: element + element });
  await expect(page.locator('crease-match .runs').nth(2)).toHaveText('4/0');
  expect((await counted(page)).opened, 'both share one stream').toBe(1);
  await page.evaluate(() => document.querySelector('crease-match')?.remove());
  await expect.poll(() => readers(crease)).toBe(1);
  await page.evaluate(() => document.querySelector('crease-match')?.remove());
  await expect.poll(() => readers(crease)).toBe(0);
  letGo();
  await page.evaluate(() => document.body.replaceChildren());
  await expect.poll(() => readers(crease)).toBe(0);
});

test('an element that is moved goes on with its stream', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await page.addInitScript(count);
  await openPartner(crease, page, { body: `<section></section><crease-match match="${match.id}"></crease-match>` });
  await expect(page.locator('crease-match [part="tab"], crease-match .middle, crease-match .runs').first()).toBeVisible();
  await expect.poll(() => readers(crease)).toBe(1);
  const { opened } = await counted(page);
  await page.evaluate(() => {
    const [element, section] = [document.querySelector('crease-match'), document.querySelector('section')];
    if (element) for (let move = 0; move < 5; move++) (move % 2 === 0 ? section : document.body)?.append(element);
  });
  await match.score(4);
  await expect(runs(page)).toHaveText('4/0');
  expect(await counted(page)).toMatchObject({ opened, open: 1 });
});

test('attributes that change together begin once, and the old match is left', async ({ crease, page }) => {
  const [first, second] = [await ClubMatch.begin(crease), await ClubMatch.begin(crease)];
  await second.score(6);
  await page.addInitScript(count);
  await openPartner(crease, page, { body: `<crease-match match="${first.id}"></crease-match>` });
  await expect(runs(page)).toHaveText('0/0');
  await expect(page.locator('crease-match .card')).toBeVisible();
  await expect.poll(async () => (await counted(page)).open).toBe(1);
  const { opened } = await counted(page);
  await page.evaluate((match) => {
    const element = document.querySelector('crease-match');
    for (const [name, value] of [['view', 'full'], ['match', match], ['view', 'compact'], ['match', match]]) element?.setAttribute(name, value);
  }, second.id);
  await expect(runs(page)).toHaveText('6/0');
  await expect.poll(() => counted(page)).toMatchObject({ opened: opened + 1, open: 1 });
  await page.evaluate(() => document.querySelector('crease-match')?.removeAttribute('match'));
  await expect.poll(() => readers(crease)).toBe(0);
});

test('what a page asks for before Crease is there is done when it is', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const wrong = troubles(page);
  await openPartner(crease, page, {
    body: '<main></main>',
    head: `<script>
      window.Crease = window.Crease || { q: [] };
      Crease.q.push(() => { throw new Error("the page's own mistake") });
      Crease.q.push(() => Crease.mount(document.querySelector("main"), { match: "${match.id}", view: "compact" }));
    </script>`,
  });
  await expect(runs(page)).toHaveText('4/0');
  expect(wrong).toEqual(["the page's own mistake"]);
  const later = await page.evaluate(async () => {
    const { Crease } = window as unknown as { Crease: { q: { push(run: () => void): void }; version: string } };
    await new Promise<void>((ran) => Crease.q.push(ran));
    return Crease.version;
  });
  expect(later).toMatch(/^1\.[0-9a-f]{16}$/);
});

test('a loader pinned by its hash runs with its own bundle, and another one is refused', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  const manifest = (await (await fetch(`${crease.url}/v1/manifest.json`)).json()) as { bundle: string; files: { path: string; integrity: string }[] };
  const path = `bundle/${manifest.bundle}/loader.js`;
  const integrity = manifest.files.find((it) => it.path === path)?.integrity ?? '';
  const open = (integrity: string) => {
    const head = `<script async src="${crease.url}/v1/${path}" integrity="${integrity}" crossorigin data-key="${crease.demo.publishable_key}"></script>`;
    return openPartner(crease, page, { script: null, head, body: `<crease-match match="${match.id}"></crease-match>` });
  };
  const wrong = troubles(page);
  await open(integrity);
  await expect(runs(page)).toHaveText('0/0');
  expect(wrong).toEqual([]);
  await open(integrity.replace(/.{4}$/, 'AAAA'));
  await expect.poll(() => wrong.join()).toContain('integrity');
  await expect(page.locator('crease-match .runs')).toHaveCount(0);
});

test('the scripts say how they may be used, and by whom', async ({ crease }) => {
  const { bundle } = (await (await fetch(`${crease.url}/v1/manifest.json`)).json()) as { bundle: string };
  for (const [path, cache] of [['crease.js', 'max-age=300'], ['crease-matches.js', 'max-age=300'], ['crease-wallet.js', 'max-age=300'], [`bundle/${bundle}/crease.wasm`, 'immutable']]) {
    const { headers, status } = await fetch(`${crease.url}/v1/${path}`);
    expect(status, path).toBe(200);
    expect(headers.get('cache-control'), path).toContain(cache);
    expect(headers.get('cross-origin-resource-policy'), path).toBe('cross-origin');
    expect(headers.get('timing-allow-origin'), path).toBe('*');
  }
  const { headers, status } = await fetch(`${crease.url}/v1/bundle/0000000000000000/crease.js`);
  expect(status).toBe(404);
  expect(headers.get('cache-control') ?? '').not.toContain('immutable');
});

test('the script tag may be there twice', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  const wrong = troubles(page);
  const tag = `<script src="${crease.url}/v1/crease.js" data-key="${crease.demo.publishable_key}"></script>`;
  await openPartner(crease, page, { head: tag + tag, body: `<crease-match match="${match.id}"></crease-match>` });
  await expect(runs(page)).toHaveText('0/0');
  expect(wrong).toEqual([]);
});
