// The plugin of examples/wordpress in a real WordPress.
import { ClubMatch } from '../club';
import { expect, test } from '../fixtures';
import { troubles } from '../partner';
import { PLUGIN, WORDPRESS, WordPress } from '../wordpress';
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

async function signIn(page: Page, wordpress: WordPress): Promise<void> {
  await page.goto(`${wordpress.url}/wp-login.php`);
  // Its script gives the first field the focus a moment later, and what is typed goes where that is.
  await expect(page.getByLabel('Username or Email Address')).toBeFocused();
  await page.getByLabel('Username or Email Address').fill('editor');
  await page.getByLabel('Password', { exact: true }).fill(wordpress.password);
  await page.getByRole('button', { name: 'Log In' }).click();
  await expect(page.locator('#wpadminbar')).toBeVisible();
}

async function set(page: Page, wordpress: WordPress, origin: string, key: string): Promise<void> {
  await page.goto(`${wordpress.url}/wp-admin/options-general.php?page=crease`);
  await page.getByLabel('Address of Crease').fill(origin);
  await page.getByLabel('Publishable key').fill(key);
  await page.getByRole('button', { name: 'Save Changes' }).click();
  await expect(page.locator('.notice, .settings-error').first()).toBeVisible();
}

test('an editor sets the plugin up, and posts have the live score by block and by shortcode', { tag: '@chromium' }, async ({ crease, page, browser }) => {
  test.skip(WORDPRESS === undefined, 'there is no WordPress on this machine');
  test.setTimeout(120_000);
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  const wordpress = await WordPress.start();
  try {
    const block = wordpress.post('By block', `<!-- wp:crease/match {"match":"${match.id}","view":"full"} /-->`);
    const shortcode = wordpress.post('By shortcode', `<p>So far:</p>[crease match="${match.id}" view="compact" theme="dark"]`);
    const evil = wordpress.post('Not a match', `[crease match='"><script>alert(1)</script>' view='x']`);
    const look = 'lang="hi" tone="plain" paper="#101820" ink="#fafafa" accent="#ffcc00" radius="3"';
    const dressed = wordpress.post('Dressed', `[crease match="${match.id}" ${look}]`);
    const block_dressed = wordpress.post(
      'Dressed by block',
      `<!-- wp:crease/match {"match":"${match.id}","lang":"hi","tone":"plain","paper":"#101820","ink":"#fafafa","accent":"#ffcc00","radius":"3"} /-->`,
    );
    const odd = wordpress.post('Odd', `[crease match="${match.id}" lang='"><b>' tone="x" paper="red;}" ink="#12" accent="url(x)" radius="400"]`);
    const without = wordpress.post('Without', '<p>No score here.</p>');

    // Nothing is set: readers see nothing of it, and the editor is told.
    const reader = await (await browser.newContext()).newPage();
    await reader.goto(block.url);
    await expect(reader.getByRole('heading', { name: 'By block' })).toBeVisible();
    await expect(reader.locator('crease-match, body > p')).toHaveCount(0);
    await signIn(page, wordpress);
    await page.goto(block.url);
    await expect(page.getByText('set the address and the key')).toBeVisible();

    // What must not come into a page is refused, with the reason.
    await set(page, wordpress, 'http://live.example.com', crease.demo.secret_key);
    await expect(page.locator('.notice-error')).toHaveText([/begins with https/, /Never put a secret key here/]);
    expect(wordpress.php("echo get_option('crease_origin'), get_option('crease_key');")).toBe('');
    await set(page, wordpress, crease.url, crease.demo.publishable_key);
    await expect(page.getByText('Settings saved.')).toBeVisible();

    const wrong = troubles(reader);
    for (const post of [block, shortcode]) {
      await reader.goto(post.url);
      const element = reader.locator('crease-match');
      await expect(element.locator('.runs').first()).toHaveText(/^\d+\/0$/);
      const before = Number((await element.locator('.runs').first().textContent())?.split('/')[0]);
      await match.score(2);
      await expect(element.locator('.runs').first()).toHaveText(`${before + 2}/0`);
      expect(await element.evaluate((it) => getComputedStyle(it).minHeight)).toBe(post === block ? '768px' : '76px');
      expect(await reader.locator('script[src$="/v1/crease.js"]').evaluateAll((all) => all.map((it) => (it as HTMLScriptElement).async))).toEqual([true]);
    }
    await expect(reader.locator('crease-match')).toHaveAttribute('theme', 'dark');
    expect(await reader.locator('noscript').first().textContent()).toContain(`/v1/embed/${match.id}?frame=page`);
    for (const post of [dressed, block_dressed]) {
      await reader.goto(post.url);
      const element = reader.locator('crease-match');
      await expect(element.locator('.card')).toHaveAttribute('lang', 'hi');
      await expect(element).toHaveAttribute('tone', 'plain');
      await expect(element.locator('.card')).toHaveCSS('background-color', 'rgb(16, 24, 32)');
      await expect(element.locator('.card')).toHaveCSS('color', 'rgb(250, 250, 250)');
      await expect(element.locator('.card')).toHaveCSS('border-radius', '3px');
      expect(await element.evaluate((it) => getComputedStyle(it).getPropertyValue('--crease-accent'))).toBe('#ffcc00');
      expect(await reader.locator('noscript').first().textContent()).toContain('lang=hi');
    }
    await reader.goto(odd.url);
    await expect(reader.locator('crease-match')).toHaveJSProperty('outerHTML', `<crease-match match="${match.id}" view="card" theme="auto"></crease-match>`);
    await reader.goto(evil.url);
    await expect(reader.getByRole('heading', { name: 'Not a match' })).toBeVisible();
    await expect(reader.locator('crease-match')).toHaveCount(0);
    await reader.goto(without.url);
    await expect(reader.locator('script[src*="crease"], link[href*="crease"]')).toHaveCount(0);
    expect(wrong).toEqual([]);

    // The block in the editor: as it was saved, and with its choices.
    await page.goto(`${wordpress.url}/wp-admin/post.php?post=${block.id}&action=edit`);
    const canvas = page.locator('[data-type="crease/match"]');
    await expect(canvas.getByLabel('Match')).toHaveValue(match.id);
    await expect(canvas).toContainText('Full: ball by ball, scorecard');
    await page.goto(`${wordpress.url}/wp-admin/post.php?post=${block_dressed.id}&action=edit`);
    // The editor welcomes whoever comes for the first time.
    const welcome = page.getByRole('dialog');
    await expect(welcome).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(welcome).toBeHidden();
    await page.locator('[data-type="crease/match"]').click();
    await expect(page.getByLabel('Language')).toHaveValue('hi');
    await expect(page.getByLabel('Tone')).toHaveValue('plain');
    await expect(page.getByLabel('Corners')).toHaveValue('3');
    expect(wordpress.php("echo @file_get_contents(WP_DEBUG_LOG);")).not.toContain('plugins/crease');
    await reader.context().close();
  } finally {
    await wordpress.stop();
  }
});

test('the plugin keeps the room that the examples keep', { tag: '@chromium' }, () => {
  expect(readFileSync(join(PLUGIN, 'reserve.css'), 'utf8')).toBe(readFileSync(join(PLUGIN, '../../reserve.css'), 'utf8'));
});
