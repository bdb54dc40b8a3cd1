// How long a ball takes from its acceptance by the server to the fan's screen, and where the time goes: a real innings, a ball at a time,
// one clock. The page is left alone meanwhile, for a test that looks in takes the main thread away from what it measures.
// The last line is JSON, for `cargo xtask bench paint`.
import { recordedMatch } from '../cricsheet';
import { expect, test } from '../fixtures';
import type { Page } from '@playwright/test';

const MATCH = '1422121';

/** Milliseconds since 1970 of what happens to one ball. */
interface Stages {
  /** By the server, as the update says. */
  accepted: number;
  /** The stream's event is dispatched to the widget. */
  received: number;
  /** The widget has changed its elements. */
  drawn: number;
  /** The browser begins the next frame, in which it lays out and paints. */
  frame: number;
  /** Told by the widget after the frame was painted. */
  painted: number;
}

/** Notes the stages of each ball on the article's card; `window.next()` resolves with those of the oldest ball not asked for yet. */
function observe(): void {
  const now = () => performance.timeOrigin + performance.now();
  const card = () => document.querySelector('article crease-match');
  let stages: Partial<Stages> = {};
  const done: Partial<Stages>[] = [];
  let waiting: ((stages: Partial<Stages>) => void) | undefined;
  let first: EventTarget | undefined;
  const listen = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (this: EventSource, name: string, run: never, options: never) {
    first ??= this;
    if (name === 'ball' && this === first) {
      // Before the widget's own listener.
      listen.call(this, name, (event) => begin((event as MessageEvent).data));
    }
    listen.call(this, name, run, options);
  } as typeof listen;

  function begin(data: string): void {
    const ball: Partial<Stages> = { accepted: JSON.parse(data).t, received: now() };
    stages = ball;
    const observer = new MutationObserver(() => {
      ball.drawn ??= now();
      observer.disconnect();
    });
    const shadow = card()?.shadowRoot;
    if (shadow) observer.observe(shadow, { subtree: true, childList: true, attributes: true, characterData: true });
    requestAnimationFrame(() => (ball.frame = now()));
  }
  document.addEventListener('crease:ball', (event) => {
    if (event.target !== card()) return;
    stages.painted = now();
    if (waiting) waiting(stages);
    else done.push(stages);
    waiting = undefined;
  });
  const next = () => new Promise<Partial<Stages>>((resolve) => {
    const stages = done.shift();
    if (stages) resolve(stages);
    else waiting = resolve;
  });
  Object.assign(window, { next });
}

const next = (page: Page) => page.evaluate(() => (window as unknown as { next(): Promise<Stages> }).next());

test('accepted to painted', async ({ crease, page }) => {
  const recorded = recordedMatch(MATCH);
  test.skip(recorded === undefined, 'the recorded matches are not beside this project');
  if (recorded === undefined) return;
  test.setTimeout(300_000);
  const match = await crease.createMatch(recorded.setup);
  await page.addInitScript(observe);
  await page.goto(crease.page('plain-html', match));
  await expect(page.locator('article crease-match [part="badge"]')).toHaveText('Upcoming');
  const balls: Stages[] = [];
  for (const { sent, isBall } of recorded.firstInnings) {
    // One at a time: the next ball is bowled when this one is on the screen.
    const painted = isBall ? next(page) : undefined;
    await crease.send(match, [sent]);
    if (painted) balls.push(await painted);
  }
  const spread = (delay: (ball: Stages) => number) => {
    const delays = balls.map(delay).sort((a, b) => a - b);
    const at = (share: number) => Number(delays[Math.min(delays.length - 1, Math.floor(delays.length * share))].toFixed(1));
    return { p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) };
  };
  const stages = {
    accepted_to_received: spread((it) => it.received - it.accepted),
    // The widget's own share.
    received_to_drawn: spread((it) => it.drawn - it.received),
    drawn_to_frame: spread((it) => it.frame - it.drawn),
    frame_to_painted: spread((it) => it.painted - it.frame),
  };
  console.log(JSON.stringify({ balls: balls.length, ...spread((it) => it.painted - it.accepted), stages }));
});
