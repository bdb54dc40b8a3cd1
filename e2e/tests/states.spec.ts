// Every state a fan can find a match in, in all three views at once and at three widths: what it says, that it fits, and what axe finds.
import AxeBuilder from '@axe-core/playwright';
import { type Page, type TestInfo } from '@playwright/test';
import { type Crease, expect, test } from '../fixtures';
import { openPartner } from '../partner';

const VIEWS = ['compact', 'card', 'full'];
const WIDTHS = [240, 390, 820];
const HOME = 'Fernhill';
const AWAY = 'Marlow Green';

async function announce(crease: Crease): Promise<string> {
  const side = (name: string, players: string[]) => ({ name, players });
  return crease.createMatch({
    source_match_id: `states-${Date.now()}-${Math.random()}`,
    format: 't20',
    competition: 'Club Cup',
    venue: 'Mill Lane',
    teams: [side(HOME, ['Asha Vale', 'Bram Holt', 'Cai Rowan']), side(AWAY, ['Dev Marsh', 'Ed Lark', 'Flo Quill'])],
  });
}

let sent = 0;

async function send(crease: Crease, match: string, ...commands: Record<string, unknown>[]): Promise<void> {
  const batch = commands.map((command) => ({ id: `c${sent++}`, command }));
  const { answers } = await crease.send(match, batch);
  expect(answers.filter((it) => it.status !== 'accepted')).toEqual([]);
}

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
  const match = await announce(crease);
  await openPartner(crease, page, { body: elements(match) });
  const hears = (...commands: Record<string, unknown>[]) => send(crease, match, ...commands);
  const ball = (batting: string, more: Record<string, unknown>) => {
    const [striker, non_striker, bowler] =
      batting === HOME ? ['Asha Vale', 'Bram Holt', 'Dev Marsh'] : ['Dev Marsh', 'Ed Lark', 'Asha Vale'];
    return { type: 'ball', striker, non_striker, bowler, ...more };
  };
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
  const match = await announce(crease);
  await openPartner(crease, page, { body: elements(match) });
  await send(crease, match, { type: 'result', by: 'abandoned' });
  await looksRight(page, info, 'abandoned', 'Result', 'Match abandoned');
});

test('a connection that is lost keeps the score, and says so', async ({ context, crease, page }, info) => {
  const match = await announce(crease);
  await openPartner(crease, page, { body: elements(match) });
  await expect(page.locator('crease-match[view="full"] .unseen')).toBeAttached();
  await context.setOffline(true);
  await page.route('**/v1/**', (route) => route.abort());
  await crease.restart();
  await looksRight(page, info, 'lost', /^Reconnecting…( last heard \d+ s ago)?$/, 'The match has not begun');
});

for (const [state, match, key] of [['an unknown match', 'mat_unknown', ''], ['a refused key', '', 'pk_live_none']] as const) {
  test(`${state}: it is told in words`, async ({ crease, page }, info) => {
    const body = elements(match || (await announce(crease))).replaceAll('<crease-match', `<crease-match${key && ` key="${key}"`}`);
    await openPartner(crease, page, { body });
    const status = page.locator('crease-match[view="card"] .status');
    await expect(status).toHaveClass(/refused/);
    await looksRight(page, info, state, 'Unavailable', (await status.textContent()) ?? '');
    await expect(status).not.toBeEmpty();
  });
}
