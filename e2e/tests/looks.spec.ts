// What each view looks like at three widths, in light and dark, pixel by pixel: `cargo xtask e2e -- --update-snapshots looks` takes the
// pictures in looks/ anew, to be looked at. The font is a package's, since every machine has others.
import { ClubMatch, HOME } from '../club';
import { expect, test } from '../fixtures';
import { element as matchOf, full as board, open as openContent, profile, sheet } from '../content-page';
import { openPartner } from '../partner';
import { type FakeRewards } from '../rewards';
import { element, furnish, open, tab } from '../rewards-page';
import { FakeWallet, points } from '../wallet';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname ?? __dirname, '..');
const WIDTHS = [240, 480, 1120];
// Times are told in the zone of who looks.
test.use({ timezoneId: 'UTC' });

/** A family of a package's fonts, in one of its scripts. */
const faces = (family: string, font: string, script: string, weights: number[]) =>
  weights.map((weight) => {
    const file = resolve(ROOT, `node_modules/@fontsource/${font}/files/${font}-${script}-${weight}-normal.woff2`);
    const data = `data:font/woff2;base64,${readFileSync(file).toString('base64')}`;
    return `@font-face { font-family: "${family}"; font-weight: ${weight}; src: url(${data}) format("woff2"); }`;
  });
const styled = (fonts: string[], families: string) =>
  `<style>${fonts.join('\n')} body { margin: 0 } crease-match { --crease-font: ${families} }</style>`;
const inter = faces('Inter', 'inter', 'latin', [400, 500, 600, 700, 800]);
const style = styled(inter, 'Inter');

/** Nine balls with a four, a six, a wide, byes and a wicket. */
async function played(match: ClubMatch): Promise<void> {
  const ball = (over: number, more: Record<string, unknown>) => ({ ...ClubMatch.ball(HOME, more), over, bowler: over === 0 ? 'Dev Marsh' : 'Ed Lark' });
  const four = { runs: 4, boundary: 'four' };
  const caught = { runs: 0, wickets: [{ player: 'Asha Vale', kind: 'caught', fielders: [{ name: 'Flo Quill' }] }] };
  const after = { striker: 'Cai Rowan', non_striker: 'Bram Holt' };
  await match.send(
    ball(0, { runs: 0 }),
    ball(0, four),
    ball(0, { runs: 6, boundary: 'six' }),
    ball(0, { runs: 0, extras: { wides: 1 } }),
    ball(0, { runs: 0, extras: { leg_byes: 2 } }),
    ball(0, caught),
    ball(0, { ...after, runs: 2 }),
    ball(1, { striker: 'Bram Holt', non_striker: 'Cai Rowan', runs: 0 }),
    ball(1, { striker: 'Bram Holt', non_striker: 'Cai Rowan', ...four }),
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the views in ${colorScheme}`, { tag: '@chromium' }, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await played(match);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const views = ['compact', 'card', 'full'];
    await openPartner(crease, page, { head: style, body: views.map((it) => `<crease-match view="${it}" match="${match.id}"></crease-match>`).join('') });
    for (const view of views) await expect(page.locator(`crease-match[view="${view}"] .runs`).first()).toHaveText('19/1');
    const full = page.locator('crease-match[view="full"]');
    await expect(full.locator('.lines li')).toHaveCount(9);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const view of views) await expect(page.locator(`crease-match[view="${view}"]`)).toHaveScreenshot(`${view}-${width}-${colorScheme}.png`);
    }
    for (const tab of ['Scorecard', 'Charts', 'Settings']) {
      await full.getByRole('tab', { name: tab }).click();
      await expect(full.getByRole('tabpanel').locator('table, svg, .settings').first()).toBeVisible();
      await expect(full).toHaveScreenshot(`${tab.toLowerCase()}-1120-${colorScheme}.png`);
    }
  });
}

test('the views in a page that is read from right to left', { tag: '@chromium' }, async ({ crease, page }) => {
  const match = await ClubMatch.begin(crease);
  await played(match);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const views = ['compact', 'full'];
  const elements = views.map((it) => `<crease-match view="${it}" match="${match.id}"></crease-match>`).join('');
  await openPartner(crease, page, { head: style, body: `<main dir="rtl">${elements}</main>` });
  const full = page.locator('crease-match[view="full"]');
  await expect(full.locator('.lines li')).toHaveCount(9);
  for (const width of [240, 480, 1120]) {
    await page.setViewportSize({ width, height: 900 });
    for (const view of views) await expect(page.locator(`crease-match[view="${view}"]`)).toHaveScreenshot(`${view}-${width}-rtl.png`);
  }
  for (const tab of ['Scorecard', 'Charts']) {
    await full.getByRole('tab', { name: tab }).click();
    await expect(full.getByRole('tabpanel').locator('table, svg').first()).toBeVisible();
    await expect(full).toHaveScreenshot(`${tab.toLowerCase()}-1120-rtl.png`);
  }
});

for (const [lang, font, script] of [
  ['mr', 'noto-sans-devanagari', 'devanagari'],
  ['ur', 'noto-sans-arabic', 'arabic'],
] as const) {
  test(`the views in ${lang}`, { tag: '@chromium' }, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await played(match);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    const views = ['compact', 'full'];
    const head = styled([...inter, ...faces('Noto', font, script, [400, 500, 600, 700, 800])], 'Inter, Noto');
    await openPartner(crease, page, { head, lang, body: views.map((it) => `<crease-match view="${it}" match="${match.id}"></crease-match>`).join('') });
    const full = page.locator('crease-match[view="full"]');
    await expect(full.locator('.lines li')).toHaveCount(9);
    await expect(full.locator('.card')).toHaveAttribute('lang', lang);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const view of views) await expect(page.locator(`crease-match[view="${view}"]`)).toHaveScreenshot(`${view}-${width}-${lang}.png`);
    }
    await full.getByRole('tab').nth(1).click();
    await expect(full.locator('.cards table').first()).toBeVisible();
    await expect(full).toHaveScreenshot(`scorecard-1120-${lang}.png`);
  });
}

for (const [theme, dir] of [
  ['light', 'ltr'],
  ['dark', 'ltr'],
  ['light', 'rtl'],
] as const) {
  test(`the wallet in ${theme}, ${dir}`, { tag: '@chromium' }, async ({ crease, page }) => {
    const wallet = await FakeWallet.before(crease, page);
    const coins = { asset: 'coins', units: 250, available: 250, held: 0, places: 0 };
    const money = { asset: 'inr', units: 12050, available: 10050, held: 2000, places: 2 };
    wallet.balances = [points(1240, 40), coins, money];
    wallet.entries = [
      wallet.entry(30, 1240, 'grant', 'Six by Asha Vale'),
      wallet.entry(-500, 1210, 'purchase', '₹50 off at Fernhill Sports'),
      wallet.entry(100, 1710, 'grant', 'Named the player of the match before the toss'),
      wallet.entry(-20, 1610, 'expiry'),
    ];
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const rules = `body { margin: 1rem } :root { color-scheme: ${theme} } crease-wallet { --crease-font: Inter }`;
    const look = `${style}<style>${rules}</style>`;
    const body = `<div dir="${dir}"><crease-wallet></crease-wallet></div>`;
    await openPartner(crease, page, { head: look + wallet.tag('crease-wallet.js'), script: null, body });
    await page.waitForFunction(() => (window as any).Crease?.identify);
    await page.evaluate(() => (window as any).Crease.identify('token-asha'));
    const chip = page.locator('crease-wallet .chip');
    await expect(chip).toHaveText('1,240 points');
    for (const width of [360, 768, 1120]) {
      await page.setViewportSize({ width, height: 720 });
      await chip.click();
      await expect(page.locator('crease-wallet .entry')).toHaveCount(4);
      await expect(page).toHaveScreenshot(`wallet-${width}-${dir === 'rtl' ? dir : theme}.png`);
      await page.getByRole('button', { name: 'Close' }).click();
    }
  });
}

/** A day that is as far off whenever pictures are taken: it is told with its year. */
const LATER = '2031-05-01T12:00:00Z';
const LONG_AGO = '2025-05-01T12:00:00Z';
const DAY_MS = 86_400_000;

/** A fan's rewards, in which no day is named that was today's. */
function fixed(wallet: FakeWallet): FakeRewards {
  const rewards = furnish(wallet);
  for (const it of rewards.earned) if (Date.parse(String(it.earned_at)) < Date.now() - DAY_MS) it.earned_at = LONG_AGO;
  for (const it of rewards.missions) it.ends_at = LATER;
  for (const it of [...rewards.products, ...rewards.held, ...rewards.claimed]) it.valid_until = LATER;
  return rewards;
}

for (const [theme, dir] of [
  ['light', 'ltr'],
  ['dark', 'ltr'],
  ['light', 'rtl'],
] as const) {
  test(`the rewards in ${theme}, ${dir}`, { tag: '@chromium' }, async ({ crease, page }) => {
    const wallet = await FakeWallet.before(crease, page);
    fixed(wallet);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const rules = `body { margin: 1rem } :root { color-scheme: ${theme} } crease-rewards { --crease-font: Inter }`;
    const body = `<div dir="${dir}"><crease-rewards></crease-rewards></div>`;
    await open(wallet, crease, page, { head: `${style}<style>${rules}</style>`, body });
    for (const name of dir === 'rtl' ? ['Vouchers'] : ['Earned', 'Missions', 'Vouchers', 'Market']) {
      await tab(page, name).click();
      await expect(element(page).locator('.row, .card, .order-form, .book').first()).toBeVisible();
      for (const width of [360, 768, 1120]) {
        await page.setViewportSize({ width, height: 900 });
        const look = dir === 'rtl' ? dir : theme;
        await expect(element(page)).toHaveScreenshot(`rewards-${name.toLowerCase()}-${width}-${look}.png`);
      }
    }
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the match's tab of rewards in ${colorScheme}`, { tag: '@chromium' }, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await played(match);
    const wallet = await FakeWallet.before(crease, page);
    fixed(wallet);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const loader = `<script async src="${wallet.url}/v1/crease.js" data-key="${crease.demo.publishable_key}"></script>`;
    const body = `<crease-match view="full" match="${match.id}"></crease-match>`;
    await openPartner(crease, page, { head: style + loader, script: null, body });
    const full = page.locator('crease-match');
    await expect(full.locator('.lines li')).toHaveCount(9);
    await page.evaluate(() => (window as any).Crease.identify('token-asha'));
    await full.getByRole('tab', { name: 'Rewards' }).click();
    await expect(full.getByRole('tabpanel', { name: 'Rewards' }).locator('.row')).toHaveCount(5);
    for (const width of [360, 768, 1120]) {
      await page.setViewportSize({ width, height: 900 });
      await expect(full).toHaveScreenshot(`match-rewards-${width}-${colorScheme}.png`);
    }
  });
}

for (const [theme, dir] of [
  ['light', 'ltr'],
  ['dark', 'ltr'],
  ['light', 'rtl'],
] as const) {
  test(`what editors publish in ${theme}, ${dir}`, { tag: '@chromium' }, async ({ crease, page }) => {
    const match = await ClubMatch.begin(crease);
    await played(match);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const look = dir === 'rtl' ? dir : theme;
    const attributes = dir === 'rtl' ? 'lang="ur"' : '';
    const { newsroom } = await openContent(crease, page, { match, board: board(), head: style, attributes, dir });
    newsroom.documents['player/ent_bram'] = profile();
    await expect(matchOf(page).locator('.piece')).toHaveCount(4);
    for (const width of [360, 768, 1120]) {
      await page.setViewportSize({ width, height: 720 });
      await page.evaluate(() => Promise.all([...document.querySelector('crease-match')!.shadowRoot!.querySelectorAll('img')].map((it) => it.decode())));
      await expect(matchOf(page)).toHaveScreenshot(`content-${width}-${look}.png`);
    }
    if (dir === 'rtl') return;
    for (const width of [360, 1120]) {
      await page.setViewportSize({ width, height: 720 });
      await matchOf(page).locator('[data-player]').last().click();
      await expect(sheet(page)).toContainText('Captain since 2024.');
      await expect(page).toHaveScreenshot(`player-${width}-${look}.png`);
      await page.keyboard.press('Escape');
    }
  });
}
