// Somebody who comes to the dashboard for the first time, as the tests play them.
import AxeBuilder from '@axe-core/playwright';
import { type Crease, expect, test } from './fixtures';
import type { Page } from '@playwright/test';

export const PASSWORD = 'vexed lime umpire ladder';
let visitors = 0;

/** The link in the newest letter to an address, which leaves by a job a moment after it was asked for. */
export async function link(crease: Crease, to: string): Promise<string> {
  let found: string | undefined;
  await expect(async () => {
    const letters = await crease.letters(to);
    found = letters.at(-1)?.match(/http:\/\/localhost:\d+\/console\/[^\s"<]+/)?.[0];
    expect(found, 'a letter with a link').toBeTruthy();
  }).toPass();
  return found ?? '';
}

/** Signs up with an address of its own, as far as the page that asks for the site. */
export async function signUp(crease: Crease, page: Page): Promise<string> {
  const email = `editor${visitors++}-${test.info().project.name}@dailycover.example`;
  await page.goto(`${crease.url}/console/sign-up`);
  await page.getByLabel('Work e-mail').fill(email);
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  await page.goto(await link(crease, email));
  await page.getByLabel('Your name').fill('Asha Rao');
  await page.getByLabel('Organisation').fill('The Daily Cover');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await expect(page.getByRole('heading', { name: 'Your site' })).toBeVisible();
  return email;
}

export async function noViolations(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).exclude('#preview').analyze();
  expect(found.violations.map((it) => `${it.id}: ${it.nodes[0]?.html}`)).toEqual([]);
}
