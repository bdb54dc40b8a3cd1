// The widget in each language: what it says, what it loads, and the fan's own choice.
import AxeBuilder from '@axe-core/playwright';
import { AWAY, ClubMatch, HOME } from '../club';
import { type Crease, expect, test } from '../fixtures';
import { openPartner, troubles } from '../partner';
import type { Page } from '@playwright/test';
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname ?? __dirname, '../../cricket/languages');

/** A language as its file says it. */
class Language {
  readonly tag: string;
  readonly direction: string;
  /** Whether 0 goes with the singular. */
  readonly zeroIsOne: boolean;
  readonly zero: string;
  readonly name: string;
  private readonly messages: Map<string, string>;
  private readonly notes: Map<string, string>;

  constructor(source: string) {
    const [head, ...lines] = source.split('\n');
    const [tag, direction, zeroGoesWith, zero, name] = (head as string).split(' ') as [string, string, string, string, string];
    Object.assign(this, { tag, direction, zeroIsOne: zeroGoesWith === 'one', zero, name });
    this.notes = new Map(lines.filter((it) => it.includes('\t')).map((it) => it.split('\t') as [string, string]));
    this.messages = new Map(lines.filter((it) => it.includes(' = ')).map((it) => it.split(' = ') as [string, string]));
  }

  /** A message with its values, the words that go with numbers and the language's digits. */
  say(message: string, ...values: string[]): string {
    const one = (value: string) => value === '1' || (value === '0' && this.zeroIsOne);
    const text = (this.messages.get(message) as string).replace(/\{(\d)(?:\|(.*?)\|(.*?))?\}/g, (_, at, singular, plural) => {
      const value = values[Number(at)] as string;
      return singular === undefined ? value : one(value) ? singular : plural;
    });
    return this.digits(text);
  }

  digits(text: string): string {
    return text.replace(/\d/g, (it) => String.fromCodePoint((this.zero.codePointAt(0) as number) + Number(it)));
  }

  note(name: string): string {
    return this.notes.get(name) as string;
  }

  columns(message: string): string[] {
    return (this.messages.get(message) as string).split('|');
  }
}

const LANGUAGES = readdirSync(FOLDER).map((file) => new Language(readFileSync(resolve(FOLDER, file), 'utf8')));

/** Eight runs off three balls, then a declaration: the other side needs 9 from 120. */
async function played(crease: Crease): Promise<ClubMatch> {
  const match = await ClubMatch.begin(crease);
  await match.score(2);
  await match.score(2);
  const four = ClubMatch.ball(HOME, { runs: 4, boundary: 'four' });
  await match.send(four, { type: 'innings_end', reason: 'declared' }, { type: 'innings_start', team: AWAY });
  return match;
}

const element = (match: ClubMatch, more: string) => `<crease-match match="${match.id}" ${more}></crease-match>`;
const widget = (page: Page) => page.locator('crease-match');
/** The names of the languages' files that the page asks for. */
function tablesAsked(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(.../bundle\/\w+\/(\w+)\.txt/.exec(request.url())?.slice(1) ?? []));
  return asked;
}

for (const language of LANGUAGES) {
  // One script of each direction in every engine.
  const tag = ['hi', 'ur'].includes(language.tag) ? [] : ['@chromium'];
  test(`${language.tag}: frame, widget, tables and earlier balls speak it, and no other is loaded`, { tag }, async ({ crease, page }) => {
    const match = await played(crease);
    const status = language.say('NEED_FROM', AWAY, '9', '120');
    const frame = await fetch(`${crease.url}/v1/embed/${match.id}?frame=tree&lang=${language.tag}&key=${crease.demo.publishable_key}`);
    expect(await frame.text(), 'the first paint').toContain(status);
    const wrong = troubles(page);
    const asked = tablesAsked(page);
    await openPartner(crease, page, { body: element(match, `view="full" lang="${language.tag}"`) });
    const tab = (message: string) => widget(page).getByRole('tab', { name: language.say(message) });
    await expect(tab('BALL_BY_BALL')).toBeVisible();
    await expect(widget(page).locator('.status')).toHaveText(status);
    await expect(widget(page).locator('.card')).toHaveAttribute('lang', language.tag);
    await expect(widget(page).locator('.card')).toHaveCSS('direction', language.direction);
    await expect(widget(page).locator('.badge')).toHaveText(language.say('LIVE'));
    await widget(page).getByRole('button', { name: language.say('EARLIER_BALLS') }).click();
    await expect(widget(page).locator('.lines li').first()).toContainText(language.say('BALL_LINE', 'Dev Marsh', 'Asha Vale', language.say('FOUR')));
    await tab('SCORECARD').click();
    await expect(widget(page).getByRole('columnheader', { name: language.columns('BATTING_COLUMNS')[0] as string }).first()).toBeVisible();
    await expect(widget(page).locator('.cards h2').first()).toContainText(language.digits('0/0'));
    await tab('CHARTS').click();
    await expect(widget(page).locator('.plot svg').first()).toHaveAttribute('aria-label', new RegExp(language.digits('8/0')));
    const { violations } = await new AxeBuilder({ page }).include('crease-match').analyze();
    expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
    await match.send(ClubMatch.ball(AWAY, { runs: 6, boundary: 'six' }));
    await expect(widget(page).getByRole('status')).toContainText(language.say('SIX'));
    expect(asked).toEqual([language.tag]);
    expect(wrong).toEqual([]);
  });

  test(`${language.tag}: plural, digits and months are those of CLDR`, { tag: '@chromium' }, () => {
    const plural = new Intl.PluralRules(language.tag);
    const number = new Intl.NumberFormat(language.tag, { useGrouping: false });
    for (let count = 0; count <= 400; count++) {
      const isOne = count === 1 || (count === 0 && language.zeroIsOne);
      expect(plural.select(count), `${count}`).toBe(isOne ? 'one' : 'other');
      expect(number.format(count)).toBe(language.digits(`${count}`));
    }
    // Releases of CLDR shorten them differently, but not in their first letters.
    const month = new Intl.DateTimeFormat(language.tag, { month: 'short', timeZone: 'UTC' });
    const first = (text: string) => [...text].slice(0, 2).join('');
    language.columns('MONTHS').forEach((name, at) => expect(first(name)).toBe(first(month.format(Date.UTC(2026, at, 15)))));
    expect(language.direction).toBe(['ur'].includes(language.tag) ? 'rtl' : 'ltr');
  });
}

test("a fan's choice is kept for the site and all its widgets, and nothing else is", async ({ crease, page }) => {
  const match = await played(crease);
  const wrong = troubles(page);
  await openPartner(crease, page, { body: element(match, 'view="full"') + element(match, 'view="compact" lang="ta"') });
  const full = widget(page).first();
  await full.getByRole('tab', { name: 'Settings' }).click();
  await expect(full.getByRole('button', { name: 'English' })).toHaveAttribute('aria-pressed', 'true');
  await full.getByRole('button', { name: 'हिन्दी' }).click();
  const hindi = LANGUAGES.find((it) => it.tag === 'hi') as Language;
  const status = hindi.say('NEED_FROM', AWAY, '9', '120');
  await expect(full.locator('.status')).toHaveText(status);
  await expect(widget(page).nth(1).locator('.status')).toHaveText(status);
  await expect(full.getByRole('button', { name: 'हिन्दी' })).toBeFocused();
  await expect(full.getByRole('button', { name: 'हिन्दी' })).toHaveAttribute('aria-pressed', 'true');
  expect(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }, document.cookie])).toEqual([{ 'crease-language': 'hi' }, {}, '']);
  await page.reload();
  await expect(full.locator('.status')).toHaveText(status);
  await full.getByRole('tab', { name: hindi.say('SETTINGS') }).click();
  await full.getByRole('button', { name: 'English' }).click();
  await expect(full.locator('.status')).toHaveText(`${AWAY} need 9 runs from 120 balls`);
  expect(wrong).toEqual([]);
});

test("the page's language is the widget's, and an element's own comes before it", async ({ crease, page }) => {
  const match = await played(crease);
  await openPartner(crease, page, { lang: 'ur-PK', body: element(match, 'view="card"') + element(match, 'view="card" lang="en"') + element(match, 'view="card" lang="de"') });
  const urdu = LANGUAGES.find((it) => it.tag === 'ur') as Language;
  await expect(widget(page).first().locator('.status')).toHaveText(urdu.say('NEED_FROM', AWAY, '9', '120'));
  for (const at of [1, 2]) await expect(widget(page).nth(at).locator('.status')).toHaveText(`${AWAY} need 9 runs from 120 balls`);
  await widget(page).first().evaluate((it) => it.setAttribute('lang', 'bn'));
  const bengali = LANGUAGES.find((it) => it.tag === 'bn') as Language;
  await expect(widget(page).first().locator('.status')).toHaveText(bengali.say('NEED_FROM', AWAY, '9', '120'));
});

test('why there is no match is told in the language', async ({ crease, page }) => {
  await openPartner(crease, page, { lang: 'ta', body: '<crease-match match="mat_unknown"></crease-match>' });
  const tamil = LANGUAGES.find((it) => it.tag === 'ta') as Language;
  await expect(widget(page).locator('.badge')).toHaveText(tamil.say('UNAVAILABLE'));
  await expect(widget(page).locator('.status')).toHaveText(tamil.note('There is no such thing here'));
});

test('a language that cannot be had leaves English', async ({ crease, page }) => {
  const match = await played(crease);
  await page.route(/bundle\/\w+\/hi\.txt/, (route) => route.abort());
  await openPartner(crease, page, { body: element(match, 'view="full" lang="hi"') });
  await expect(widget(page).getByRole('tab', { name: 'Ball by ball' })).toBeVisible();
  await expect(widget(page).locator('.status')).toHaveText(`${AWAY} need 9 runs from 120 balls`);
});

test('nothing moves when the widget takes over the frame in another language', { tag: '@chromium' }, async ({ crease, page }) => {
  const match = await played(crease);
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => shifts.push(...list.getEntries().map((it) => (it as unknown as { value: number }).value))).observe({ type: 'layout-shift', buffered: true });
  });
  const head = '<style>crease-match{display:block;min-height:48rem}</style>';
  await openPartner(crease, page, { head, lang: 'bn', body: `${element(match, 'view="full"')}<p>below</p>` });
  await expect(widget(page).getByRole('tab').first()).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)).toEqual([]);
});

test('a list of matches speaks the language that it is asked for', async ({ crease, page }) => {
  const match = await played(crease);
  const head = `<script async src="${crease.url}/v1/crease-matches.js" data-key="${crease.demo.publishable_key}"></script>`;
  await openPartner(crease, page, { head, script: null, body: '<crease-matches lang="mr" href="/{id}"></crease-matches>' });
  const marathi = LANGUAGES.find((it) => it.tag === 'mr') as Language;
  const row = page.locator('crease-matches li').filter({ has: page.locator(`a[href="/${match.id}"]`) });
  await expect(row.locator('.status')).toHaveText(marathi.say('NEED_FROM', AWAY, '9', '120'));
  await expect(row.locator('.score0')).toHaveText(marathi.digits('8/0d'));
  await expect(row.locator('.overs0')).toHaveText(marathi.say('OVERS', '0.3'));
  await expect(row.locator('.badge')).toHaveText(marathi.say('LIVE'));
  await expect(page.locator('crease-matches ul')).toHaveAttribute('aria-label', marathi.say('LIVE_MATCHES'));
});
