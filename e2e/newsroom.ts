// A newsroom: a Crease, and people with accounts of their own who work on its content.
import { Crease, expect, test as base } from './fixtures';
import { signUp } from './newcomer';
import type { Browser, BrowserContext, Page } from '@playwright/test';

const START_MS_MAX = 120_000;
const PEOPLE = ['editor', 'reviewer', 'translator'] as const;
export type Person = (typeof PEOPLE)[number];

/** Firefox counts as errors that a page with a stream was left, and that axe's own style (by its hash) was refused. */
const NOT_OURS = /^(Error: )?(Firefox can’t establish a connection to the server at .*\/stream\?|The connection to .*\/stream\?.* was interrupted|Content-Security-Policy: .* an inline style .*sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT\+SmwNZWA=)/;

/** How each is signed in. */
type Signed = Record<Person, Awaited<ReturnType<BrowserContext['storageState']>>>;

export interface Newsroom {
  crease: Crease;
  signed: Signed;
}

export const test = base.extend<{ open: (who: Person) => Promise<Page> }, { newsroom: Newsroom }>({
  newsroom: [
    async ({ browser }, use) => {
      const crease = await Crease.start();
      await use({ crease, signed: await signedIn(crease, browser) });
      await crease.stop();
    },
    { scope: 'worker', timeout: START_MS_MAX },
  ],
  /** A window of somebody's own on the newsroom, with what goes wrong in it. */
  open: async ({ newsroom, browser }, use) => {
    const contexts: BrowserContext[] = [];
    const wrong: string[] = [];
    await use(async (who) => {
      const context = await browser.newContext({ storageState: newsroom.signed[who], baseURL: newsroom.crease.url });
      contexts.push(context);
      const page = await context.newPage();
      page.on('pageerror', (error) => NOT_OURS.test(String(error)) || wrong.push(String(error)));
      return page;
    });
    for (const it of contexts) await it.close();
    expect(wrong).toEqual([]);
  },
});

async function signedIn(crease: Crease, browser: Browser): Promise<Signed> {
  const found = [];
  for (const who of PEOPLE) {
    const context = await browser.newContext();
    const email = await signUp(crease, await context.newPage());
    found.push({ who, email, state: await context.storageState() });
    await context.close();
  }
  await crease.runAllMeanwhile(found.map(({ who, email }) => ['grant', email, who]));
  return Object.fromEntries(found.map(({ who, state }) => [who, state])) as Signed;
}

/** Makes an entry by its form; its page in the main language is open then. Answers its id. */
export async function make(page: Page, kind: string, language = 'en'): Promise<string> {
  const id = await makeWithoutScript(page, kind, language);
  // A button that is pressed before the form's script is there is the browser's own, and loads the page again.
  await expect(page.locator('#entry')).toHaveAttribute('data-ready', '');
  return id;
}

export async function makeWithoutScript(page: Page, kind: string, language = 'en'): Promise<string> {
  await page.goto(`/console/content/entries/new?kind=${kind}`);
  await page.getByLabel('Main language').selectOption(language);
  await page.getByRole('button', { name: 'Make it' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'It is made.' })).toBeVisible();
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

export const at = (id: string, language: string, rest = '') => `/console/content/entries/${id}${rest}?lang=${language}`;

/** That the form has saved all that was typed. */
export async function isSaved(page: Page): Promise<void> {
  await expect(page.locator('#saved')).toHaveAttribute('data-state', 'saved');
}

export const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

export const done = (page: Page, text: string) => expect(page.getByRole('status').filter({ hasText: text })).toBeVisible();
