// Every state a fan can find a match in, in all three views at once and at three widths: what it says, that it fits, and what axe finds.
import AxeBuilder from '@axe-core/playwright';
import { type Page, type TestInfo } from '@playwright/test';
import { AWAY, ClubMatch, HOME } from '../club';
import { expect, test } from '../fixtures';
import { openPartner } from '../partner';

const VIEWS = ['compact', 'card', 'full'];
const WIDTHS = [240, 390, 820];

const elements = (match: string) => VIEWS.map((it) => `<crease-match view="${it}" match="${match}"></crease-match>`).join('<br>');

/** Each view says it, stays within its width, and has nothing that axe finds. */
async function looksRight(page: Page, info: TestInfo, state: string, badge: string | RegExp, status: string): Promise<void> {
  for (const view of VIEWS) {
    const widget = page.locator(`crease-match[view="${view}"]`);
    await expect(widget.locator('.badge'), `${state}, ${view}`).toHaveText(badge);
    await expect(widget.locator('.status'), `${state}, ${view}`).toHaveText(status);
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const view of VIEWS) {
      const card = page.locator(`crease-match[view="${view}"] .card`);
      const across = await card.evaluate((it) => it.scrollWidth - it.clientWidth);
      expect(across, `${state}, ${view}, ${width} px: nothing is cut off`).toBeLessThanOrEqual(0);
    }
    await info.attach(`${state}-${width}`, { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).include('crease-match').analyze();
    expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`), `${state}, ${colorScheme}`).toEqual([]);
  }
}

test('a match from its announcement to a super over', async ({ crease, page }, info) => {
  test.slow();
  const match = await ClubMatch.announce(crease);
  await openPartner(crease, page, { body: elements(match.id) });
  const hears = (...commands: Record<string, unknown>[]) => match.send(...commands);
  const { ball } = ClubMatch;
  const four = { runs: 4, boundary: 'four' };

  await looksRight(page, info, 'announced', 'Upcoming', 'The match has not begun');
  await hears({ type: 'delay', reason: 'Rain' });
  await looksRight(page, info, 'start delayed', 'Rain', 'Rain: the start is delayed');
  await hears({ type: 'resume' }, { type: 'toss', winner: HOME, decision: 'bat' });
  await looksRight(page, info, 'toss', 'Upcoming', `${HOME} chose to bat`);
  await hears({ type: 'innings_start', team: HOME }, ball(HOME, four), ball(HOME, { extras: { wides: 1 } }));
  await looksRight(page, info, 'live', 'Live', `${HOME} chose to bat`);
  await hears({ type: 'delay', reason: 'Bad light' });
  await looksRight(page, info, 'stopped', 'Bad light', 'Bad light: play has stopped');
  await hears({ type: 'resume' }, { type: 'innings_end', reason: 'closed' }, { type: 'break', reason: 'Innings break' });
  await looksRight(page, info, 'innings break', 'Innings break', 'Innings break');
  await hears({ type: 'resume' }, { type: 'innings_start', team: AWAY }, ball(AWAY, four));
  await looksRight(page, info, 'chase', 'Live', `${AWAY} need 2 runs from 119 balls`);
  await hears(ball(AWAY, { extras: { wides: 1 } }), { type: 'innings_end', reason: 'closed' });
  await hears({ type: 'innings_start', team: AWAY, super_over: true });
  await looksRight(page, info, 'super over', 'Live', `Super Over: ${AWAY} are batting`);
  await hears({ type: 'result', by: 'tie', tiebreak: 'super_over', winner: HOME });
  await looksRight(page, info, 'tied', 'Result', `Match tied (${HOME} won the Super Over)`);
});

test('a match that is abandoned', async ({ crease, page }, info) => {
  const match = await ClubMatch.announce(crease);
  await openPartner(crease, page, { body: elements(match.id) });
  await match.send({ type: 'result', by: 'abandoned' });
  await looksRight(page, info, 'abandoned', 'Result', 'Match abandoned');
});

test('a connection that is lost keeps the score, and says so', async ({ context, crease, page }, info) => {
  const match = await ClubMatch.begin(crease);
  await match.score(4);
  await openPartner(crease, page, { body: elements(match.id) });
  for (const view of VIEWS) await expect(page.locator(`crease-match[view="${view}"] .unseen`)).toBeAttached();
  await context.setOffline(true);
  await page.route('**/v1/**', (route) => route.abort());
  await crease.restart();
  await looksRight(page, info, 'lost', /^Reconnecting… last heard \d+ s ago$/, `${HOME} are batting`);
  for (const view of VIEWS) await expect(page.locator(`crease-match[view="${view}"] .runs`).first()).toHaveText('4/0');
});

for (const [state, match, key] of [['an unknown match', 'mat_unknown', ''], ['a refused key', '', 'pk_live_none']] as const) {
  test(`${state}: it is told in words`, async ({ crease, page }, info) => {
    const body = elements(match || (await ClubMatch.announce(crease)).id).replaceAll('<crease-match', `<crease-match${key && ` key="${key}"`}`);
    await openPartner(crease, page, { body });
    const status = page.locator('crease-match[view="card"] .status');
    await expect(status).toHaveClass(/refused/);
    await looksRight(page, info, state, 'Unavailable', (await status.textContent()) ?? '');
    await expect(status).not.toBeEmpty();
  });
}

test('the compact view is one line where there is room, and never wider than its place', async ({ crease, page }, info) => {
  const match = await ClubMatch.begin(crease);
  const { ball } = ClubMatch;
  const end = { type: 'innings_end', reason: 'closed' };
  await match.send(...Array(30).fill(ball(HOME, { runs: 4 })), end, { type: 'innings_start', team: AWAY }, ball(AWAY, { runs: 4 }));
  const compact = page.locator('crease-match[view="compact"]');
  await page.goto(crease.page('plain-html', match.id));
  await expect(compact.locator('.unseen')).toBeAttached();
  await page.evaluate(() => {
    const element = document.querySelector('crease-match[view="compact"]');
    document.querySelector('article')?.replaceChildren(element as Element);
  });
  const box = async (selector: string) => (await compact.locator(selector).boundingBox()) ?? { x: NaN, y: NaN, width: NaN, height: NaN };
  for (const [width, lines] of [[240, 2], [271, 2], [360, 2], [440, 2], [1000, 1]] as const) {
    await compact.evaluate((it, width) => ((it as HTMLElement).style.width = `${width}px`), width);
    const [card, teams, status, badge] = [await box('.card'), await box('.teams'), await box('.status'), await box('.badge')];
    expect(card.width).toBe(width);
    expect(badge.x + badge.width, `${width} px: the badge stands within`).toBeLessThanOrEqual(card.x + width);
    expect(status.y >= teams.y + teams.height, `${width} px: the sentence stands below`).toBe(lines > 1);
    expect(card.height, `${width} px: what is kept free is enough`).toBe(76);
    const across = await compact.locator('.card').evaluate((it) => it.scrollWidth - it.clientWidth);
    expect(across).toBeLessThanOrEqual(0);
    await info.attach(`compact-${width}`, { body: await compact.screenshot(), contentType: 'image/png' });
  }
  await expect(compact.locator('.runs')).toHaveText(['120/0', '4/0']);
  const { violations } = await new AxeBuilder({ page }).include('crease-match').analyze();
  expect(violations.map((it) => it.id)).toEqual([]);
});
