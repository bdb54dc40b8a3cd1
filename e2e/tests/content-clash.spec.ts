// Two who write in the same entry at the same time: nobody's words are lost.
import { expect } from '../fixtures';
import { at, done, isSaved, make, test } from '../newsroom';
import { isSound } from '../sound';

test('two editors clash, see both, and nothing is lost @chromium', async ({ open }) => {
  test.setTimeout(60_000);
  const asha = await open('editor');
  const id = await make(asha, 'article');
  await asha.getByLabel('Headline').fill('Rain');
  await asha.getByLabel('Author').fill('Asha');
  await asha.getByRole('button', { name: 'Save', exact: true }).click();
  await isSaved(asha);

  const ben = await open('reviewer');
  await ben.goto(at(id, 'en'));
  await expect(ben.locator('#present')).toContainText('Asha Rao is here, too');
  await ben.getByLabel('Headline').fill('Rain stops play');
  await ben.getByLabel('Summary').fill('It pours.');
  await isSaved(ben);

  // On the version that she has open: kept aside, whatever she goes on to write.
  await asha.getByLabel('Headline').fill('Rain delays the toss');
  await expect(asha.getByRole('alert').filter({ hasText: 'has changed this meanwhile' })).toBeVisible();
  await asha.getByLabel('Author').fill('Asha Rao');
  await expect(asha.locator('#saved')).toContainText('Kept aside');
  await expect(asha.getByLabel('Headline')).toHaveValue('Rain delays the toss');
  await asha.getByRole('alert').getByRole('link', { name: 'See both' }).click();

  const headline = asha.getByRole('group', { name: 'Headline' });
  await expect(headline).toContainText('Rain stops play');
  await expect(headline).toContainText('Rain delays the toss');
  await expect(asha.locator('.merged')).toContainText('Summary');
  await expect(asha.locator('.merged')).toContainText('Author');
  await isSound(asha, 'clash');
  await headline.getByText('Rain delays the toss').click();
  await asha.getByRole('button', { name: 'Save what both make' }).click();
  await done(asha, 'Saved, with what both have written.');
  await expect(asha.getByLabel('Headline')).toHaveValue('Rain delays the toss');
  await expect(asha.getByLabel('Summary')).toHaveValue('It pours.');
  await expect(asha.getByLabel('Author')).toHaveValue('Asha Rao');
  await expect(asha.getByText('Kept aside')).toBeHidden();

  // His words are a revision of their own.
  await asha.goto(at(id, 'en', '/revisions'));
  await expect(asha.locator('.revisions li').filter({ hasText: 'Left unsaved' })).toHaveCount(1);
});
