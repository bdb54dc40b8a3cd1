// A partner's page with a match and what editors have published beside it.
import { ClubMatch } from './club';
import type { Crease } from './fixtures';
import { card, doc, FakeNewsroom, picture } from './fake-newsroom';
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

const REPORT =
  'The covers came off at ten past four, and with them went the last doubt about this evening. The pitch is dry and will turn, the boundary on the river side is short, and both captains said that they would bat first. Fernhill bring back Bram Holt; Marlow Green are unchanged.';

/** A board with something in each place that a match in play has. */
export const full = () => ({
  notice: 'Scores are a minute late.',
  players: { 'Bram Holt': 'ent_bram', 'Dev Marsh': 'ent_dev' },
  cards: [
    card('top', 'banner', 'match-top', { headline: 'Season tickets for next summer', call: 'See seats', href: 'https://tickets.example/', picture: picture('Seats in the evening') }, { paid: true }),
    card('feed', 'news-card', 'match-feed', { headline: 'Holt is back', body: doc('His first match in three weeks.'), picture: picture('Bram Holt at the nets'), article: 'ent_story' }),
    card('shop', 'promo-card', 'match-bottom', {
      headline: 'A fifth off all bats',
      text: 'At Fernhill Sports, in the shop and online.',
      call: 'To the shop',
      href: 'https://shop.example/',
      picture: picture('A bat against a wall'),
      terms: doc('One a fan, until Sunday.'),
    }),
    card('pitch', 'news-card', 'match-bottom', { headline: 'The pitch will turn', body: doc(REPORT) }, { priority: -1 }),
  ],
});

export const profile = () => ({
  name: 'Bram Holt',
  role: 'all-rounder',
  bats: 'left',
  bowls: 'Right-arm off break',
  shirt: 7,
  team: { id: 'ent_fern', kind: 'team', key: null, title: 'Fernhill' },
  portrait: picture('Bram Holt', { name: 'portrait', width: 640, height: 640, credit: 'Mill Lane Pictures' }),
  about: doc('Captain since 2024. His 94 at Marlow Green is the highest of the season so far.'),
});
