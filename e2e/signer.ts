// What a partner's own server says of who is signed in on its page.
import { type Crease, expect } from './fixtures';
import { createHmac } from 'node:crypto';

/** Says who a user is: by the partner's name of them, and for so many seconds. */
export type Sign = (sub: string, seconds?: number) => string;

const encode = (it: unknown) => Buffer.from(JSON.stringify(it)).toString('base64url');

/** Signs with a secret that is known. */
export function signing(secret: string): Sign {
  return (sub, seconds = 3600) => {
    const exp = Math.floor(Date.now() / 1000) + seconds;
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub, name: 'Asha', aud: 'crease', exp })}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
}

/** A new secret of the demo's partner, and what its server signs with it. */
export async function signer(crease: Crease, mode: 'live' | 'test' = 'live'): Promise<Sign> {
  const headers = { authorization: `Bearer ${crease.demo.secret_key}`, 'content-type': 'application/json' };
  const made = await fetch(`${crease.url}/v1/identity/secrets`, { method: 'POST', headers, body: JSON.stringify({ mode }) });
  expect(made.status, await made.clone().text()).toBe(201);
  return signing(((await made.json()) as { text: string }).text);
}
