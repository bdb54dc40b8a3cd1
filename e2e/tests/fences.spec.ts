// An operator writes a fence by names, tries it on towns, changes it and takes it down.
import { operators, test } from '../bank';
import { expect } from '../fixtures';
import { isSound } from '../sound';

test('a fence from its first name to the day that it is retired @chromium', async ({ crease, browser }) => {
  test.slow();
  const [asha, ben] = await operators(crease, browser);
  await ben.context().close();
  await asha.goto(`${crease.url}/console/rewards`);
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Fences' }).click();
  await expect(asha.getByText('There is no fence yet.')).toBeVisible();

  await asha.getByRole('link', { name: 'New fence' }).click();
  await asha.getByLabel('Name', { exact: true }).fill('South India, not the ground');
  const allowed = asha.getByRole('group', { name: 'Allowed', exact: true });
  const denied = asha.getByRole('group', { name: 'Denied', exact: true });
  await allowed.getByLabel('Countries and their parts').fill('Karnataka\nTamil Nadu\nPunjab');
  await allowed.getByLabel('Add one by name').fill('Kerala (IN-KL)');
  await denied.getByLabel('Circles').fill('12.9788, 77.5996, 3');
  await asha.getByRole('button', { name: 'Try it on towns' }).click();
  await expect(asha.getByRole('alert')).toContainText('several places are called Punjab');
  await isSound(asha, 'fences-mistake');
  await allowed.getByLabel('Countries and their parts').fill('Karnataka\nTamil Nadu\nKerala (IN-KL)');
  await asha.getByRole('button', { name: 'Try it on towns' }).click();
  await expect(asha.getByText('2 of 36 parts of India; partly: Karnataka')).toBeVisible();
  await asha.locator('summary', { hasText: 'Allowed in' }).click();
  await expect(asha.getByRole('row', { name: 'Mysuru' })).toContainText('allowed');
  await asha.locator('summary', { hasText: 'Denied in' }).click();
  await expect(asha.getByRole('row', { name: 'Mumbai', exact: false }).first()).toContainText('denied');
  await asha.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(asha.getByRole('status').filter({ hasText: 'The fence is up' })).toBeVisible();

  // Pins of one's own.
  await asha.getByRole('link', { name: 'Try it on towns' }).click();
  await asha.getByLabel('Pins of your own').fill('Gate 4, 12.9788, 77.5996\nThe park, 13.2, 77.5');
  await asha.getByRole('button', { name: 'Try these, too' }).click();
  await expect(asha.getByRole('row', { name: 'Gate 4' })).toContainText('denied');
  await expect(asha.getByRole('row', { name: 'The park' })).toContainText('allowed');
  await isSound(asha, 'fences-tried');

  // The next version, with a shape that crosses itself at first.
  await asha.getByRole('link', { name: 'Back to the fence' }).click();
  await asha.getByRole('link', { name: 'Write the next version' }).click();
  const bow = { type: 'Polygon', coordinates: [[[77, 12], [78, 13], [78, 12], [77, 13], [77, 12]]] };
  await asha.getByLabel('Denied shapes').fill(JSON.stringify(bow));
  await asha.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(asha.getByRole('alert')).toContainText('the line from here crosses');
  const square = { type: 'Polygon', coordinates: [[[77, 12], [78, 12], [78, 13], [77, 13], [77, 12]]] };
  await asha.getByLabel('Denied shapes').fill('');
  const file = { name: 'south.geojson', mimeType: 'application/geo+json', buffer: Buffer.from(JSON.stringify(square)) };
  await asha.getByLabel('File', { exact: true }).setInputFiles(file);
  await asha.getByRole('group', { name: 'What is in it is' }).getByText('denied').click();
  await asha.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(asha.getByRole('status').filter({ hasText: 'judged by from now on' })).toBeVisible();
  await expect(asha.getByRole('region', { name: 'Versions', exact: true }).locator('ins').first()).toContainText('a shape of 5 positions');
  await isSound(asha, 'fences-one');

  await asha.getByText('Retire it', { exact: true }).click();
  await asha.getByLabel('Nothing is behind it any more').check();
  await asha.getByRole('button', { name: 'Retire it for good' }).click();
  await expect(asha.getByRole('status').filter({ hasText: 'The fence is retired, for good.' })).toBeVisible();
  await asha.getByRole('navigation', { name: 'Rewards' }).getByRole('link', { name: 'Fences' }).click();
  await expect(asha.getByText('There is no fence yet.')).toBeVisible();
});
