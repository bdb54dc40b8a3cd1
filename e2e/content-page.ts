// A partner's page with a match and what editors have published beside it.
import { ClubMatch } from './club';
import type { Crease } from './fixtures';
import { FakeNewsroom } from './newsroom';
import { openPartner, troubles } from './partner';
import type { Page } from '@playwright/test';

export const element = (page: Page) => page.locator('crease-match').first();
export const piece = (page: Page, headline: string | RegExp) => element(page).getByRole('article', { name: headline });
export const headlines = (page: Page, zone: string) => element(page).locator(`${zone} .headline`);
export const sheet = (page: Page) => element(page).getByRole('dialog');
export const score = (page: Page) => element(page).locator('.team .runs').first();

interface Opened {
  match?: ClubMatch;
  board?: Record<string, unknown>;
  view?: 'compact' | 'card' | 'full';
  attributes?: string;
  head?: string;
  policy?: string;
  lang?: string;
  dir?: string;
}

/** Opens it on a match in play; `wrong` is what goes wrong on the page. */
export async function open(crease: Crease, page: Page, opened: Opened = {}) {
  const { match = await ClubMatch.begin(crease), board, view = 'card', attributes = '', head = '', policy, lang, dir = 'ltr' } = opened;
  const newsroom = await FakeNewsroom.before(crease, page, board);
  const wrong = troubles(page);
  const body = `<main dir="${dir}"><h1>Cricket</h1><crease-match view="${view}" match="${match.id}" ${attributes}></crease-match></main>`;
  await openPartner(crease, page, {
    head: `<style>body { margin: 0 }</style>${head}${newsroom.tag(crease.demo.publishable_key)}`,
    script: null,
    policy: policy?.replaceAll('HOST', newsroom.url),
    lang,
    body,
  });
  return { newsroom, match, wrong };
}
