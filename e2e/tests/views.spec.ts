// The views of a real match: charts, scorecard, filters, chances and what stays of a result, at three widths and in both themes.
import AxeBuilder from '@axe-core/playwright';
import { type Locator, type Page } from '@playwright/test';
import { recordedMatch } from '../cricsheet';
import { type Crease, expect, test } from '../fixtures';

/** A T20 of 2024: 208/7 in the first innings. */
const MATCH = '1422121';
const WIDTHS = [390, 820, 1280];

const widget = (page: Page) => page.locator('article crease-match');

/** Plays the first innings, and with `finished` declares the side that batted the winner; none where no matches are recorded. */
async function played(crease: Crease, finished: boolean): Promise<string | undefined> {
  const recorded = recordedMatch(MATCH);
  if (recorded === undefined) return undefined;
  const setup = { ...recorded.setup, source_match_id: `views-${finished}-${Date.now()}-${Math.random()}` };
  const match = await crease.createMatch(setup);
  const commands = recorded.firstInnings.map((it) => it.sent);
  for (let at = 0; at < commands.length; at += 50) {
    const judged = await crease.send(match, commands.slice(at, at + 50));
    expect(judged.answers.filter((it) => it.status !== 'accepted')).toEqual([]);
  }
  if (finished) {
    const winner = recorded.batting;
    await crease.send(match, [{ id: 'end', command: { type: 'result', by: 'win', winner } }]);
  }
  return match;
}

async function open(crease: Crease, page: Page, match: string, tab: string): Promise<Locator> {
  await page.goto(crease.page('plain-html', match));
  await widget(page).getByRole('tab', { name: tab }).click();
  return widget(page).getByRole('tabpanel');
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of WIDTHS) {
    // What differs between engines is seen at the narrowest and at the widest.
    const isForAll = (colorScheme === 'dark' && width === WIDTHS[0]) || (colorScheme === 'light' && width === WIDTHS.at(-1));
    const tag = isForAll ? [] : ['@chromium'];
    test(`each view fits ${width} px in ${colorScheme}, and axe finds nothing`, { tag }, async ({ crease, page }, info) => {
      const match = await played(crease, false);
      test.skip(match === undefined, 'the recorded matches are not beside this project');
      if (match === undefined) return;
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      for (const tab of ['Ball by ball', 'Scorecard', 'Charts', 'Settings']) {
        const panel = await open(crease, page, match, tab);
        const across = await panel.evaluate((it) => it.scrollWidth - it.clientWidth);
        expect(across, `${tab} does not scroll across`).toBeLessThanOrEqual(0);
        await info.attach(`${tab}-${width}-${colorScheme}`, { body: await widget(page).screenshot(), contentType: 'image/png' });
        const { violations } = await new AxeBuilder({ page }).include('crease-match').analyze();
        expect(violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`), tab).toEqual([]);
      }
    });
  }
}

test('charts show every over and wicket, in pictures and in figures', async ({ crease, page }) => {
  const recorded = recordedMatch(MATCH);
  const match = await played(crease, false);
  test.skip(match === undefined || recorded === undefined, 'the recorded matches are not beside this project');
  if (match === undefined || recorded === undefined) return;
  const panel = await open(crease, page, match, 'Charts');
  const score = recorded.firstInnings.at(-1)?.score ?? '';
  const [runs, wickets] = score.split('/').map(Number);
  await expect(panel.getByRole('img', { name: `Runs by over; ${recorded.batting} ${score}` })).toBeVisible();
  await expect(panel.locator('rect.column')).toHaveCount(20);
  await expect(panel.locator('[data-kind="worm"] circle')).toHaveCount(wickets);
  await expect(panel.locator('[data-kind="manhattan"] circle')).toHaveCount(wickets);
  await panel.getByText('Over by over in figures').click();
  const rows = panel.locator('.by-over tbody tr');
  await expect(rows).toHaveCount(20);
  await expect(rows.last().locator('td span').last()).toHaveText(String(runs));
  const column = await panel.locator('rect.column').first().boundingBox();
  expect(column?.width, 'a column is drawn').toBeGreaterThan(2);
});

test('filters choose balls, and say so', async ({ crease, page }) => {
  const match = await played(crease, false);
  test.skip(match === undefined, 'the recorded matches are not beside this project');
  if (match === undefined) return;
  const panel = await open(crease, page, match, 'Ball by ball');
  const kinds = () => panel.locator('.lines li').evaluateAll((all) => [...new Set(all.map((it) => (it as HTMLElement).dataset.kind))]);
  const all = await panel.locator('.lines li').count();
  for (const [name, kept] of [['Wickets', ['wicket']], ['Boundaries', ['four', 'six']]] as const) {
    await panel.getByRole('button', { name }).click();
    await expect(panel.getByRole('button', { name })).toHaveAttribute('aria-pressed', 'true');
    await expect.poll(async () => (await kinds()).filter((it) => !(kept as readonly (string | undefined)[]).includes(it))).toEqual([]);
    expect(await panel.locator('.lines li').count()).toBeLessThan(all);
  }
  await panel.getByRole('button', { name: 'All', exact: true }).click();
  await expect(panel.locator('.lines li')).toHaveCount(all);
});

test('between the innings of a T20 both sides have a chance, and after the result who made it is named', async ({ crease, page }) => {
  const going = await played(crease, false);
  const finished = await played(crease, true);
  test.skip(going === undefined, 'the recorded matches are not beside this project');
  if (going === undefined || finished === undefined) return;
  await page.goto(crease.page('plain-html', going));
  const label = (await widget(page).locator('[part="chances"]').getAttribute('aria-label')) ?? '';
  const shares = [...label.matchAll(/(\d+)%/g)].map((it) => Number(it[1]));
  expect(shares).toHaveLength(2);
  expect(shares[0] + shares[1]).toBe(100);
  await page.goto(crease.page('plain-html', finished));
  await expect(widget(page).locator('[part="result"] li').first()).not.toBeEmpty();
  await expect(widget(page).locator('[part="chances"]')).toHaveCount(0);
});

test('tabs go around by arrows, backwards where letters do', async ({ crease, page }) => {
  await page.goto(crease.page('plain-html', crease.demo.sandbox_match));
  const tab = widget(page).getByRole('tab');
  for (const [dir, next] of [['ltr', 'ArrowRight'], ['rtl', 'ArrowLeft']]) {
    await page.evaluate((it) => document.documentElement.setAttribute('dir', it), dir);
    await tab.first().click();
    for (const at of [1, 2, 3, 0]) {
      await page.keyboard.press(next);
      await expect(tab.nth(at)).toBeFocused();
      await expect(tab.nth(at)).toHaveAttribute('aria-selected', 'true');
    }
  }
  await page.keyboard.press('End');
  await expect(tab.last()).toBeFocused();
});
