// How long a ball takes from its acceptance by the server to the fan's screen: a real innings, a ball at a time, one clock.
// The last line is JSON, for `cargo xtask bench paint`.
import { recordedMatch } from '../cricsheet';
import { expect, test } from '../fixtures';

const MATCH = '1422121';

test('accepted to painted', async ({ crease, page }) => {
  const recorded = recordedMatch(MATCH);
  test.skip(recorded === undefined, 'the recorded matches are not beside this project');
  if (recorded === undefined) return;
  test.setTimeout(300_000);
  const match = await crease.createMatch(recorded.setup);
  await page.goto(crease.page('plain-html', match));
  await page.evaluate(() => {
    const delays: number[] = [];
    Object.assign(window, { delays });
    // The page has two widgets; each tells of a ball when its own card is painted.
    const card = document.querySelector('article crease-match');
    card?.addEventListener('crease:ball', (event) => delays.push(Date.now() - (event as CustomEvent).detail.t));
  });
  await expect(page.locator('article crease-match [part="badge"]')).toHaveText('Upcoming');
  const count = () => page.evaluate(() => (window as unknown as { delays: number[] }).delays.length);
  let balls = 0;
  for (const { sent, isBall } of recorded.firstInnings) {
    await crease.send(match, [sent]);
    balls += isBall ? 1 : 0;
    // One at a time: the next ball is bowled when this one is on the screen.
    await expect.poll(count, { intervals: [20] }).toBe(balls);
  }
  const delays = await page.evaluate(() => (window as unknown as { delays: number[] }).delays);
  delays.sort((a, b) => a - b);
  const at = (share: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))];
  console.log(JSON.stringify({ balls: delays.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: delays.at(-1) }));
});
