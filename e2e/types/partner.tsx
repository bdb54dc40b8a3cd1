// What a partner writes in TypeScript; it is compiled, not run. A line that must not compile says so.
import { identify, load, loadWallet, mount, on, unmount, type CreaseDetail } from 'crease-match';
import { CreaseMatch, CreaseRewards, CreaseWallet } from 'crease-match/react';

const place = document.body;

export async function follow(): Promise<string> {
  const crease = await load({ host: 'https://live.example.com', key: 'crs_pk_live_x' });
  const element: HTMLElement = mount(place, { match: 'mat_1', view: 'full', theme: 'dark' });
  const stop: () => void = on('wicket', ({ detail }) => tell(detail), element);
  element.addEventListener('crease:result', (event) => tell(event.detail));
  on('fan', ({ detail }) => detail.fan?.kind === 'guest' || tell(detail));
  await loadWallet({ host: 'https://live.example.com', key: 'crs_pk_live_x' });
  on('wallet', ({ detail }) => detail.frozen || detail.balances.map((it) => it.units.toFixed(it.places)));
  const fan = await identify(async () => (await fetch('/my-crease-token')).text());
  await identify(fan === null ? 'guest' : null);
  // @ts-expect-error a token, or how to fetch one
  await identify(7);
  stop();
  unmount(place);
  // @ts-expect-error no such view
  mount(place, { match: 'mat_1', view: 'huge' });
  // @ts-expect-error a match is needed
  mount(place, {});
  // @ts-expect-error no such event
  on('six', () => undefined);
  return crease.version;
}

function tell({ seq, t, text }: CreaseDetail): string {
  return `${text} ${seq.toFixed()} ${(Date.now() - t).toFixed()}`;
}

export const Score = () => <CreaseMatch match="mat_1" view="card" apiKey="crs_pk_live_x" onWicket={(event) => tell(event.detail)} />;
export const Red = () => <CreaseMatch match="mat_1" style={{ "--crease-accent": "#b3211a", "--crease-radius": "0px", maxWidth: 480 }} />;
// @ts-expect-error no property of ours
export const Odd = () => <CreaseMatch match="mat_1" style={{ "--other-accent": "#b3211a" }} />;
// @ts-expect-error React keeps `key` for itself, and a match is needed
export const Nothing = () => <CreaseMatch view="card" />;
export const Points = () => <CreaseWallet signinHref="/login" view="compact" theme="dark" style={{ "--crease-coin": "#f2b632" }} />;
// @ts-expect-error a wallet has no match
export const Strange = () => <CreaseWallet match="mat_1" />;
export const Rewards = () => <CreaseRewards signinHref="/login" theme="auto" lang="hi" style={{ "--crease-six": "#6a2aa0" }} />;
// @ts-expect-error rewards have one view
export const Small = () => <CreaseRewards view="compact" />;
