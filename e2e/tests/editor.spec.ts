// The editor of texts: on a page of its own, under the console's policy.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect, test } from '@playwright/test';
import { readFile, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname ?? __dirname, '..', '..');
/** As `console::assets::CONTENT_SECURITY_POLICY`. */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** What the editor writes, which a test of `cms/src/text/tests.rs` reads. */
const WRITTEN = join(ROOT, 'cms/src/text/fixtures');

const NAMES = [
  { id: 'kohli', label: 'Virat Kohli', kind: 'player' },
  { id: 'rcb', label: 'Royal Challengers Bengaluru', kind: 'team' },
  { id: 'kolkata', label: 'Kolkata Knight Riders', kind: 'team' },
];
const PICTURES = [{ id: 'med_0000000000000000000001', label: 'A six', thumbnail: '/thumb/1' }];
const SHOWN = [{ id: 'mat_1', label: 'India v Australia', kind: 'match' }];
const DOT = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

let server: Server;
let url: string;

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');

/** A form with one text in it. */
function form(doc: unknown, plain: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A text</title>
    <link rel="stylesheet" href="/console.css"><link rel="stylesheet" href="/rich.css">
    <script type="module" src="/editor.js"></script></head><body><main><h1>A text</h1>
    <form method="post" action="/save"><div class="rich-field"><label for="body">Body</label>
    <div class="rich" data-rich data-for="body" data-label="Body" data-doc="${doc ? escaped(JSON.stringify(doc)) : ''}" data-max-words="12"
      data-mentions="/names" data-media="/pictures" data-embeds="/shown" data-thumbnail="/thumb/{id}"></div>
    <textarea id="body" name="body" rows="12" aria-describedby="body-hint">${escaped(plain)}</textarea>
    <p class="hint" id="body-hint">Without scripts this is plain text.</p></div>
    <button>Save</button></form></main></body></html>`;
}

const DOC = {
  type: 'doc',
  content: [{ type: 'paragraph', content: [{ type: 'text', text: 'Toss at ' }, { type: 'text', text: 'two', marks: [{ type: 'bold' }] }] }],
};

test.beforeAll(async () => {
  const manifest = JSON.parse(await readFile(join(ROOT, 'dist/console.json'), 'utf8'));
  const { path } = manifest.files.find((it: { path: string }) => /editor-[0-9a-f]{16}\.js$/.test(it.path));
  const files: Record<string, [string, string | Buffer]> = {
    '/': ['text/html', form(null, '')],
    '/filled': ['text/html', form(DOC, 'Toss at two')],
    '/editor.js': ['text/javascript', await readFile(join(ROOT, 'dist', path))],
    '/console.css': ['text/css', await readFile(join(ROOT, 'console/assets/console.css'))],
    '/rich.css': ['text/css', await readFile(join(ROOT, 'console/assets/rich.css'))],
  };
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const query = (searchParams.get('q') ?? '').toLowerCase();
    const of = (all: { label: string }[]) => JSON.stringify(all.filter((it) => it.label.toLowerCase().includes(query)));
    const answers: Record<string, [string, string | Buffer]> = {
      ...files,
      '/names': ['application/json', of(NAMES)],
      '/pictures': ['application/json', of(PICTURES)],
      '/shown': ['application/json', of(SHOWN)],
    };
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => response.writeHead(200, { 'content-type': 'text/plain' }).end(new URLSearchParams(body).get('body')));
      return;
    }
    const [type, body] = answers[pathname] ?? (pathname.startsWith('/thumb/') ? ['image/gif', DOT] : ['', '']);
    response.writeHead(type ? 200 : 404, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

test.afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the policy refused, and what went wrong, since the page was opened. */
const troubles = new WeakMap<Page, string[]>();

test.beforeEach(async ({ page }) => {
  const found: string[] = [];
  troubles.set(page, found);
  page.on('pageerror', (error) => found.push(String(error)));
  page.on('dialog', (dialog) => {
    found.push(`a dialog says ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (it) => {
      (window as unknown as { refused: string[] }).refused = [...((window as unknown as { refused?: string[] }).refused ?? []), `${it.violatedDirective} ${it.sourceFile}:${it.lineNumber}`];
    });
  });
});

test.afterEach(async ({ page }) => {
  expect(troubles.get(page)).toEqual([]);
  expect(await refused(page)).toEqual([]);
});

const text = (page: Page) => page.getByRole('textbox', { name: 'Body' });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const field = (page: Page) => page.locator('textarea[name=body]');

/** What the form would send. */
async function written(page: Page): Promise<{ type: string; content: Record<string, unknown>[] }> {
  return JSON.parse(await field(page).inputValue());
}

/** Axe itself puts a style into the page, which the policy refuses: that is not the editor's. */
async function expectAccessible(page: Page): Promise<void> {
  expect(await refused(page)).toEqual([]);
  const before = troubles.get(page)!.length;
  // In the page itself: with another one the text would lose the focus.
  const found = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(found.violations).toEqual([]);
  troubles.get(page)!.splice(before);
  await forget(page);
}

const refused = (page: Page) => page.evaluate(() => (window as unknown as { refused?: string[] }).refused ?? []);
const forget = (page: Page) => page.evaluate(() => void ((window as unknown as { refused?: string[] }).refused = []));

async function paste(page: Page, html: string): Promise<void> {
  await text(page).evaluate((it, html) => {
    const data = new DataTransfer();
    data.setData('text/html', html);
    data.setData('text/plain', 'plain');
    const event = new Event('paste', { bubbles: true, cancelable: true });
    // Firefox takes none from the constructor.
    Object.defineProperty(event, 'clipboardData', { value: data });
    it.dispatchEvent(event);
  }, html);
}

test('every letter that is typed fast is there, each change is told, and nothing is put in its place', async ({ page }) => {
  await page.goto(url);
  await page.evaluate(() => {
    (window as unknown as { heard: number }).heard = 0;
    document.querySelector('form')!.addEventListener('input', (it) => {
      if ((it.target as HTMLElement).getAttribute('name') === 'body') (window as unknown as { heard: number }).heard += 1;
    });
  });
  await text(page).click();
  const line = '# no heading, 1. no list, **no bold**, -- and "straight" quotes...';
  await page.keyboard.type(line);
  expect(await written(page)).toEqual({ type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text: line }] }] });
  expect(await page.evaluate(() => (window as unknown as { heard: number }).heard)).toBeGreaterThanOrEqual(line.length);
  await expect(page.getByText('12 of 12 words')).toBeVisible();
  await page.keyboard.type(' more');
  await expect(page.getByRole('status').filter({ hasText: 'More than 12 words' })).toBeAttached();
  await expect(field(page)).toBeHidden();
});

test('each button does what it says, shows that it is on, and can be undone', async ({ page }) => {
  await page.goto(url);
  await text(page).click();
  const inBlock = [
    ['Bold', 'bold'],
    ['Italic', 'italic'],
    ['Strike through', 'strike'],
  ];
  for (const [name, type] of inBlock) {
    await press(page, name);
    await expect(page.getByRole('button', { name, exact: true })).toHaveAttribute('aria-pressed', 'true');
    await page.keyboard.type(type);
    await press(page, name);
    await page.keyboard.type(' ');
  }
  const marks = (await written(page)).content[0].content as { text: string; marks?: { type: string }[] }[];
  expect(marks.filter((it) => it.marks).map((it) => [it.text, it.marks![0].type])).toEqual(inBlock.map(([, type]) => [type, type]));
  await page.keyboard.press('Enter');
  for (const [name, expected] of [
    ['Heading', { type: 'heading', attrs: { level: 2 } }],
    ['Subheading', { type: 'heading', attrs: { level: 3 } }],
    ['List', { type: 'bulletList' }],
    ['Numbered list', { type: 'orderedList', attrs: { start: 1 } }],
    ['Quote', { type: 'blockquote' }],
  ] as [string, Record<string, unknown>][]) {
    await press(page, name);
    await expect(page.getByRole('button', { name, exact: true })).toHaveAttribute('aria-pressed', 'true');
    const last = (await written(page)).content.at(-1)!;
    expect(last).toMatchObject(expected);
    await press(page, name);
    expect((await written(page)).content.at(-1)!.type).toBe('paragraph');
  }
  await press(page, 'Line');
  expect((await written(page)).content.map((it) => it.type)).toContain('horizontalRule');
  await press(page, 'Undo');
  expect((await written(page)).content.map((it) => it.type)).not.toContain('horizontalRule');
  await press(page, 'Redo');
  expect((await written(page)).content.map((it) => it.type)).toContain('horizontalRule');
});

test('a link leads only where it may, and goes again', async ({ page }) => {
  await page.goto(`${url}/filled`);
  await text(page).click();
  await page.keyboard.press('ControlOrMeta+a');
  await press(page, 'Link');
  const dialog = page.getByRole('dialog', { name: 'Link' });
  for (const bad of ['javascript:alert(1)', 'http://example.com', 'example.com', '//example.com', 'data:text/html,x']) {
    await dialog.getByLabel('Address').fill(bad);
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('alert')).toContainText('An address begins with');
  }
  await dialog.getByLabel('Address').fill('https://example.com/toss');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(text(page)).toBeFocused();
  const links = async () => JSON.stringify(await written(page)).split('"https://example.com/toss"').length - 1;
  await expect.poll(links).toBe(2);
  await page.keyboard.press('ControlOrMeta+k');
  await expect(dialog.getByLabel('Address')).toHaveValue('https://example.com/toss');
  await dialog.getByRole('button', { name: 'Remove the link' }).click();
  await expect.poll(links).toBe(0);
});

test('what is pasted is cleaned by the schema and runs nothing', async ({ page }) => {
  await page.goto(url);
  await text(page).click();
  await paste(
    page,
    `<h1 style="color:red" onclick="alert(1)">Title</h1><p class="x">One <b>two</b> <a href="javascript:alert(1)">three</a>
     <a href="https://example.com/" onmouseover="alert(1)">four</a> <u>five</u> <code>six</code></p>
     <img src="x" onerror="alert(1)"><svg onload="alert(1)"><script>alert(1)</script></svg><script>alert(1)</script>
     <iframe src="https://example.com"></iframe><table><tr><td>cell</td></tr></table><figure data-media="evil"></figure>
     <span data-mention="player" data-id="../x">nobody</span><ol start="-5" type="I"><li>first</li></ol><style>p{}</style>`,
  );
  // Pasted HTML is parsed in a document of its own, where nothing runs. The policy tells of its attributes all the same, and of nothing else.
  for (const it of await refused(page)) expect(it).toMatch(/^(style-src-attr|script-src-attr|style-src-elem) /);
  await forget(page);
  troubles.set(page, troubles.get(page)!.filter((it) => !it.startsWith('Content-Security-Policy')));
  const all = JSON.stringify(await written(page));
  for (const word of ['javascript', 'alert', 'onclick', 'style', 'class', 'img', 'svg', 'iframe', 'table', 'evil', '"type":"mention"', 'code', '"I"']) {
    expect(all).not.toContain(word);
  }
  expect((await written(page)).content[0]).toEqual({ type: 'heading', attrs: { level: 2 }, content: [{ type: 'text', text: 'Title' }] });
  for (const word of ['{"type":"link","attrs":{"href":"https://example.com/"}}', 'three', 'five', 'six', 'cell', 'nobody', '"start":0']) {
    expect(all).toContain(word);
  }
});

test('somebody is named by keyboard alone, and the list says what it does', async ({ page }) => {
  await page.goto(url);
  await text(page).focus();
  await page.keyboard.type('Out: @ko');
  const list = page.getByRole('listbox');
  await expect(list.getByRole('option')).toHaveCount(2);
  await expect(text(page)).toHaveAttribute('aria-activedescendant', /-0$/);
  // Below the letters that ask for it.
  const [place, around] = [await list.boundingBox(), await text(page).boundingBox()];
  expect(place!.y - around!.y).toBeLessThan(80);
  expect(place!.x - around!.x).toBeLessThan(120);
  await expectAccessible(page);
  await page.keyboard.press('ArrowDown');
  await expect(list.getByRole('option', { name: 'Kolkata' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(list).toBeHidden();
  const mention = { type: 'mention', attrs: { kind: 'player', id: 'kohli', label: 'Virat Kohli' } };
  expect((await written(page)).content[0].content).toEqual([{ type: 'text', text: 'Out: ' }, mention]);
  await expect(page.getByText('3 of 12 words')).toBeVisible();
  // An address is no name, and Escape leaves the letters as they are.
  await page.keyboard.type(' me@ko @ro');
  await expect(list.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(list).toBeHidden();
  await page.keyboard.type('y');
  expect(((await written(page)).content[0].content as { text: string }[]).at(-1)!.text).toBe(' me@ko @roy');
});

test('the keyboard reaches every button and gets out again', async ({ page }) => {
  await page.goto(url);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Bold', exact: true })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('button', { name: 'Italic', exact: true })).toBeFocused();
  await page.keyboard.press('End');
  await expect(page.getByRole('button', { name: 'Redo', exact: true })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(text(page)).toBeFocused();
  await page.keyboard.press('ControlOrMeta+Shift+8');
  await page.keyboard.type('item');
  await page.keyboard.press('Alt+F10');
  await expect(page.getByRole('button', { name: 'Redo', exact: true })).toBeFocused();
  await page.keyboard.press('Tab');
  // In a list, too, the tabulator leads out.
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Save' })).toBeFocused();
  expect((await written(page)).content[0].type).toBe('bulletList');
});

test('a text that nobody touches is sent as it came, and one that is changed as JSON', async ({ page }) => {
  await page.goto(`${url}/filled`);
  await expect(text(page)).toHaveText('Toss at two');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('body')).toHaveText('Toss at two');
  await page.goto(`${url}/filled`);
  await text(page).click();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.type('!');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('body')).toContainText('{"type":"doc","content":[');
});

// Firefox's protocol has no way to switch scripts off.
test('without a script the words are in a textarea @chromium', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${url}/filled`);
  await expect(page.getByLabel('Body')).toHaveValue('Toss at two');
  await expect(page.getByText('Without scripts this is plain text.')).toBeVisible();
  await context.close();
});

test('pictures and matches are chosen from what there is, and all that is made can be read by the server', async ({ page }) => {
  await page.goto(url);
  await text(page).click();
  await page.keyboard.type('Heading');
  await press(page, 'Heading');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Some ');
  await press(page, 'Bold');
  await press(page, 'Italic');
  await page.keyboard.type('words');
  await press(page, 'Bold');
  await press(page, 'Italic');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('of @koh');
  await page.getByRole('option', { name: 'Virat Kohli' }).click();
  await page.keyboard.type(' here');
  await page.keyboard.press('Enter');
  await press(page, 'Link');
  await page.getByRole('dialog').getByLabel('Address').fill('/matches/1');
  await page.keyboard.press('Enter');
  await expect(text(page).getByRole('link')).toHaveText('/matches/1');
  await expect(text(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await press(page, 'List');
  await page.keyboard.type('outer');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ControlOrMeta+]');
  await press(page, 'Numbered list');
  await page.keyboard.type('inner');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await press(page, 'Quote');
  await page.keyboard.type('said');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await press(page, 'Line');
  await press(page, 'Picture');
  const pictures = page.getByRole('dialog', { name: 'Picture' });
  await pictures.getByRole('button', { name: 'A six' }).click();
  await page.getByLabel('Caption').fill('Over long on');
  await page.getByLabel('What it shows here').fill('A ball in the air');
  await expectAccessible(page);
  await text(page).press('ControlOrMeta+End');
  await press(page, 'Match or player');
  await page.getByRole('dialog').getByRole('button', { name: 'India v Australia' }).click();
  await expect(text(page)).toContainText('India v Australia');
  await expect(page.getByText('11 of 12 words')).toBeVisible();
  const doc = await written(page);
  const types = new Set(JSON.stringify(doc).match(/(?<="type":")[a-zA-Z]+/g));
  for (const type of ['heading', 'paragraph', 'text', 'bold', 'italic', 'hardBreak', 'mention', 'link', 'bulletList', 'orderedList', 'listItem', 'blockquote', 'horizontalRule', 'image', 'embed']) {
    expect([...types]).toContain(type);
  }
  expect(JSON.stringify(doc)).toContain('{"type":"image","attrs":{"media":"med_0000000000000000000001","alt":"A ball in the air","caption":"Over long on"}}');
  // What the Rust side is tested with is what this editor writes; `cargo xtask e2e -- editor -u` writes it anew.
  const file = join(WRITTEN, 'everything.json');
  if (['all', 'changed'].includes(test.info().config.updateSnapshots)) await writeFile(file, `${JSON.stringify(doc, undefined, 2)}\n`);
  expect(doc).toEqual(JSON.parse(await readFile(file, 'utf8')));
});
