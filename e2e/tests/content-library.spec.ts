// The newsroom's library: pictures come by choosing, dragging and pasting, are described, thrown away and taken back; members; files; a draft in
// the real widget.
import { type Crease, expect, test } from '../fixtures';
import { signUp } from '../newcomer';
import { isSound } from '../sound';
import { crc32, deflateSync } from 'node:zlib';
import type { Page } from '@playwright/test';

const PATH = '/console/content';

/** A picture of two colours, as a PNG (ISO/IEC 15948). */
function png(width: number, height: number, [left, right]: [number, number]): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const around = Buffer.alloc(8);
    around.writeUInt32BE(data.length, 0);
    around.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Eight bits of red, green and blue.
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.alloc(1 + 3 * width);
  for (let x = 0; x < width; x += 1) row.writeUIntBE(x < width / 2 ? left : right, 1 + 3 * x, 3);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const start = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([start, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** Something that comes with the mouse or the keyboard, as the browser tells the page of it. */
async function bring(page: Page, how: 'drop' | 'paste', name: string, bytes: Buffer): Promise<void> {
  await page.evaluate(
    ([how, name, text]) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(text as string), (it) => it.charCodeAt(0));
      transfer.items.add(new File([bytes], name as string, { type: 'image/png' }));
      const said = { bubbles: true, cancelable: true };
      if (how === 'paste') document.body.dispatchEvent(new ClipboardEvent('paste', { ...said, clipboardData: transfer }));
      else for (const it of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(it, { ...said, dataTransfer: transfer }));
    },
    [how, name, bytes.toString('base64')],
  );
}

/** An operator, who is an admin of the newsroom. */
async function admin(crease: Crease, page: Page): Promise<void> {
  const email = await signUp(crease, page);
  await crease.runMeanwhile('grant', email, 'operator');
}

test('pictures, members, files and a preview, from one desk @chromium', async ({ crease, page, browser }) => {
  test.slow();
  await admin(crease, page);
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (it) => it.type() === 'error' && !it.text().includes('422') && !it.text().includes('503') && !it.text().includes('404') && wrong.push(it.text()));

  await page.goto(`${crease.url}${PATH}/media`);
  await expect(page.getByText('There is no picture yet.')).toBeVisible();
  await isSound(page, 'media-none');

  // Two that are chosen, one of them no picture; one that is dropped; one that is pasted; and one again.
  const cup = png(640, 360, [0x1d4f91, 0xf4b400]);
  const rows = page.locator('[data-uploads] li');
  await page.getByLabel('Add pictures').setInputFiles([
    { name: 'cup.png', mimeType: 'image/png', buffer: cup },
    { name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>') },
  ]);
  await expect(rows.nth(0)).toContainText('cup.png is there.');
  await expect(rows.nth(1)).toContainText('logo.png is not taken: this is an SVG drawing');
  // Where the server has too much to do, it is sent again by itself.
  const busy = { status: 503, headers: { 'retry-after': '1' }, json: { error: 'other pictures are looked at now' } };
  await page.route(`**${PATH}/media`, (route) => (route.request().method() === 'POST' ? route.fulfill(busy) : route.continue()), { times: 1 });
  await bring(page, 'drop', 'tall.png', png(300, 600, [0xa3201a, 0xffffff]));
  await expect(rows.nth(2)).toContainText('tall.png is there.');
  await bring(page, 'paste', 'clip.png', png(500, 500, [0x0b5a3c, 0xe2efe7]));
  await expect(rows.nth(3)).toContainText('clip.png is there.');
  await bring(page, 'drop', 'again.png', cup);
  await expect(rows.nth(4)).toContainText('again.png is there already.');
  await expect(page.locator('#said')).toContainText('4 pictures are there, 1 not taken.');
  await isSound(page, 'media-uploads');

  // What it shows, and by keys what must not be cut off: the crops follow at once.
  await rows.nth(0).getByRole('link').click();
  await expect(page.getByText('It cannot be published yet')).toBeVisible();
  const square = page.locator('[data-crop=square] canvas');
  // Left of its middle.
  const colour = () =>
    square.evaluate((it: HTMLCanvasElement) => ((it.getContext('2d')?.getImageData(100, 8, 1, 1).data[0] ?? 0) < 128 ? 'blue' : 'gold'));
  await expect.poll(colour).toBe('blue');
  const whole = page.getByRole('application', { name: /What must not be cut off/ });
  await whole.focus();
  for (let at = 0; at < 5; at += 1) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('ArrowUp');
  await expect(page.getByLabel('From the left')).toHaveValue('100');
  await expect(page.getByLabel('From the top')).toHaveValue('49');
  await expect(page.locator('#said')).toHaveText('100 from the left, 49 from the top');
  await expect.poll(colour).toBe('gold');
  await whole.click({ position: { x: 4, y: 4 } });
  await expect.poll(colour).toBe('blue');
  await page.getByLabel('From the left').fill('90');
  await expect.poll(colour).toBe('gold');
  await page.getByLabel('What it shows', { exact: true }).fill('The cup, in blue and gold');
  await page.getByLabel('Credit').fill('Photo: Ben Oduya');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'What it shows is saved.' })).toBeVisible();
  await expect(page.getByLabel('From the left')).toHaveValue('90');
  await isSound(page, 'media-picture');
  const id = page.url().match(/med_\w+/)?.[0] ?? '';

  // The same without a script: by a form, and numbers.
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const without = await plain.newPage();
  await without.goto(`${crease.url}${PATH}/media`);
  await without.getByLabel('Add pictures').setInputFiles([{ name: 'plain.png', mimeType: 'image/png', buffer: png(320, 200, [0, 0xffffff]) }]);
  await without.getByRole('button', { name: 'Upload' }).click();
  await expect(without.getByText('Say what it shows, so that it can be published.')).toBeVisible();
  await expect(without.locator('[data-crop=square] img')).toHaveJSProperty('complete', true);
  await plain.close();

  // Into the trash, and out of it.
  await page.goto(`${crease.url}${PATH}/media?which=undescribed`);
  await expect(page.locator('.pictures > li')).toHaveCount(3);
  await isSound(page, 'media-grid');
  await page.locator('.pictures > li').filter({ hasText: 'tall.png' }).getByRole('link').click();
  await page.getByRole('button', { name: 'Throw it away' }).click();
  await expect(page.getByText('The picture is in the trash.')).toBeVisible();
  await page.goto(`${crease.url}${PATH}/media?which=trash`);
  await page.locator('.pictures').getByRole('link').click();
  await page.getByRole('button', { name: 'Take it out of the trash' }).click();
  await expect(page.getByText('The picture is out of the trash.')).toBeVisible();

  // Somebody becomes a translator of articles in two languages.
  await page.goto(`${crease.url}${PATH}/members`);
  await page.getByLabel('E-mail address').fill('nobody@dailycover.example');
  await page.getByRole('button', { name: 'Add them' }).click();
  await expect(page.getByRole('alert')).toContainText('Nobody has an account with that address');
  const other = await (await browser.newContext()).newPage();
  const email = await signUp(crease, other);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByText('Translator: writes').click();
  await page.getByLabel('Articles').check();
  await page.getByLabel('Languages that they may change').fill('hi, ta');
  await page.getByRole('button', { name: 'Add them' }).click();
  await expect(page.getByRole('row').filter({ hasText: email })).toContainText('Translator');
  await isSound(page, 'members');
  await other.goto(`${crease.url}${PATH}/media`);
  await expect(other.getByRole('heading', { name: 'Pictures' })).toBeVisible();
  await expect(other.getByLabel('Add pictures')).toHaveCount(0);
  await other.context().close();

  // A file with a fault changes nothing; put right, it is tried, and taken in.
  const table = (name: string) => `key,main_language,language,name,text,address,slot,picture\r\nrain,en,en,${name},Rain stops play,https://paper.example/rain,match-top,${id}\r\n`;
  const send = async (text: string, button: string) => {
    await page.getByLabel('File', { exact: true }).setInputFiles([{ name: 'banners.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }]);
    await page.locator('#in-kind').selectOption('banner');
    await page.getByRole('button', { name: button }).click();
  };
  await page.goto(`${crease.url}${PATH}/files`);
  await send(table('x'.repeat(100)), 'Take it in');
  await expect(page.getByRole('row').filter({ hasText: 'line 2' })).toContainText('/name');
  await isSound(page, 'files-fault');
  await send(table('Rain'), 'See what it would do');
  await expect(page.getByRole('status').filter({ hasText: 'banners.csv can be taken in: 1 new entry' })).toBeVisible();
  await isSound(page, 'files-tried');
  await page.locator('section.notice').getByRole('button', { name: 'Take it in' }).click();
  await expect(page.getByText('banners.csv is taken in: 1 new entry')).toBeVisible();
  const exported: { id: string }[] = await (await page.request.get(`${crease.url}${PATH}/files/export?kind=banner&format=json`)).json();
  const banner = exported[0]?.id ?? '';

  // The real widget asks for the draft, and fans have nothing of it.
  await page.goto(`${crease.url}${PATH}/preview?entry=${banner}&lang=en&theme=dark&width=phone`);
  const widget = page.frameLocator('#preview').locator('crease-match');
  await expect(widget).toHaveAttribute('preview', /^\w{43}$/);
  const token = (await widget.getAttribute('preview')) ?? '';
  const board = async (query: string) => {
    const answer = await fetch(`${crease.url}/v1/content/board?key=${crease.demo.test_key}&lang=en${query}`, { headers: { origin: 'http://localhost:3000' } });
    return (await answer.json()).cards as { id: string }[];
  };
  expect((await board(`&preview=${token}`)).map((it) => it.id)).toEqual([banner]);
  expect(await board('')).toEqual([]);
  await isSound(page, 'preview');
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = (await page.locator('#link').textContent()) ?? '';
  const outside = await (await browser.newContext()).newPage();
  await outside.goto(link);
  await expect(outside.frameLocator('#preview').locator('crease-match')).toBeVisible();
  await isSound(outside, 'preview-outside');
  await page.getByRole('button', { name: 'End all links' }).click();
  await expect(page.getByText('All links to this entry are over.')).toBeVisible();
  expect((await outside.goto(link))?.status()).toBe(410);
  await outside.context().close();

  for (const [rest, name] of [['/trash', 'trash'], ['/missing', 'missing'], ['/calendar', 'calendar'], ['/audit', 'audit']] as const) {
    await page.goto(`${crease.url}${PATH}${rest}`);
    await isSound(page, name);
  }
  expect(wrong).toEqual([]);
});
