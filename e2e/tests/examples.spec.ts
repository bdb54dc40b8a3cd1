// Each example as a partner's page: live, and without a word in the console.
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import { troubles } from '../partner';
import { buildSync } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { FrameLocator, Page } from '@playwright/test';

const ROOT = resolve(import.meta.dirname ?? __dirname, '../..');
const runs = (page: Page | FrameLocator) => page.locator('crease-match .runs').first();

/** An example's script as its own build makes it, with the packages of this folder. */
function built(source: string): string {
  const { outputFiles } = buildSync({
    absWorkingDir: resolve(ROOT, 'examples'),
    entryPoints: [source],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    alias: { 'crease-match': resolve(ROOT, 'widget/npm/index.js'), 'crease-match/react': resolve(ROOT, 'widget/npm/react.js') },
    nodePaths: [resolve(ROOT, 'e2e/node_modules')],
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  });
  return outputFiles[0].text;
}

for (const [example, built_as] of Object.entries({
  'plain-html': [],
  'several-widgets': [],
  'strict-csp': [],
  theming: [],
  matches: [],
  wallet: [],
  react: ['main.jsx', 'main.js'],
  vue: ['main.js', 'built.js'],
})) {
  test(`${example} is live and quiet`, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await match.score(4);
    const wrong = troubles(page);
    const [source, name] = built_as;
    if (source !== undefined) {
      const body = built(`${example}/${source}`);
      await page.route(`**/examples/${example}/${name}`, (route) => route.fulfill({ contentType: 'text/javascript', body }));
    }
    await page.goto(crease.page(example, match.id));
    await expect(runs(page)).toHaveText('4/0');
    await expect(page.locator('crease-match table, crease-match .team').first()).toBeVisible();
    await match.score(2);
    for (const one of await page.locator('crease-match').all()) await expect(one.locator('.runs').first()).toHaveText('6/0');
    expect(wrong).toEqual([]);
  });
}

test('iframe is live and quiet', async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const wrong = troubles(page);
  await page.goto(crease.page('iframe', match.id));
  for (const at of [0, 1, 2]) await expect(runs(page.frameLocator('iframe').nth(at))).toHaveText('4/0');
  await match.score(2);
  for (const at of [0, 1, 2]) await expect(runs(page.frameLocator('iframe').nth(at))).toHaveText('6/0');
  expect(wrong).toEqual([]);
});

test('react and vue change an element by its attributes and hear it', async ({ crease, page }) => {
  for (const [example, source, name] of [
    ['react', 'main.jsx', 'main.js'],
    ['vue', 'main.js', 'built.js'],
  ]) {
    const body = built(`${example}/${source}`);
    await page.route(`**/examples/${example}/${name}`, (route) => route.fulfill({ contentType: 'text/javascript', body }));
    await page.goto(crease.page(example, (await ClubMatch.begin(crease)).id));
    await expect(page.locator('#app > [role="status"]')).toHaveText('Live');
    await page.getByLabel('View').selectOption('full');
    await expect(page.locator('crease-match')).toHaveAttribute('view', 'full');
    await expect(page.locator('crease-match [role="tab"]').first()).toBeVisible();
  }
});

test('several widgets are put up and taken down by the page', async ({ crease, page }) => {
  await page.goto(crease.page('several-widgets', (await ClubMatch.begin(crease)).id));
  const board = page.locator('#board crease-match');
  for (const count of [1, 2]) {
    await page.getByRole('button', { name: 'One more' }).click();
    await expect(board).toHaveCount(count);
  }
  await expect(board.last().locator('.runs').first()).toHaveText('0/0');
  await page.getByRole('button', { name: 'One less' }).click();
  await expect(board).toHaveCount(1);
});

test('a match that is chosen in the ticker is shown in full', async ({ crease, page }) => {
  const [match, other] = [await ClubMatch.begin(crease), await ClubMatch.begin(crease)];
  await other.score(6);
  await page.goto(crease.page('matches', match.id));
  await expect(runs(page)).toHaveText('0/0');
  await page.locator('crease-matches[view="ticker"] button').filter({ hasText: '6/0' }).first().click();
  await expect(runs(page)).toHaveText('6/0');
  await expect(page.locator('crease-match')).toHaveAttribute('match', other.id);
});

test('a preset of the playground changes the card and is written out to be copied', async ({ crease, page }) => {
  await page.goto(crease.page('theming', (await ClubMatch.begin(crease)).id));
  const card = page.locator('crease-match .card');
  await expect(card).toBeVisible();
  await page.getByLabel('Preset').selectOption('floodlight');
  await expect(card).toHaveCSS('background-color', 'rgb(11, 16, 32)');
  await expect(page.locator('#css')).toContainText('--crease-paper: #0b1020;');
  await page.getByLabel('Language').selectOption('اردو');
  await expect(card).toHaveCSS('direction', 'rtl');
  await expect(page.locator('crease-match .badge')).toHaveText('لائیو');
});

test('the npm package holds its scripts and their types, and nothing else', () => {
  const text = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: resolve(ROOT, 'widget/npm'), encoding: 'utf8' });
  const packed = JSON.parse(text) as { files: { path: string }[] }[] | Record<string, { files: { path: string }[] }>;
  const [{ files }] = Object.values(packed);
  const paths = files.map((it) => it.path).sort();
  expect(paths).toEqual(['README.md', 'index.d.ts', 'index.js', 'package.json', 'react.d.ts', 'react.js']);
});

test("the npm package's types say what a partner may write", () => {
  const tsc = resolve(ROOT, 'e2e/node_modules/.bin/tsc');
  // It prints what does not fit, a wrong word that would compile too, and ends with a status.
  expect(() => execFileSync(tsc, ['-p', resolve(ROOT, 'e2e/types')], { encoding: 'utf8' })).not.toThrow();
});
