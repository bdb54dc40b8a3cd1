// Signs a user's id for Crease, on your server. Node.js 16 or later, nothing to install.
import { createHmac } from 'node:crypto';

/** A JWT that says who is signed in, for an hour. `now` is in seconds since 1970. */
export function fanToken(secret, userId, now) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: userId, aud: 'crease', iat: now, exp: now + 3600 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The same without a JWT: send user id, `expires` and `signature`. */
export function fanSignature(secret, userId, now) {
  const expires = now + 3600;
  const text = `crease.fan.v1\n${userId}\n${expires}`;
  return { expires, signature: createHmac('sha256', secret).update(text).digest('hex') };
}

// The signing secret is in the environment, where other users of the machine do not see it.
const secret = process.env.CREASE_FAN_SECRET;
const [userId, now] = process.argv.slice(2);
const { expires, signature } = fanSignature(secret, userId, Number(now));
console.log(fanToken(secret, userId, Number(now)));
console.log(`${expires} ${signature}`);
