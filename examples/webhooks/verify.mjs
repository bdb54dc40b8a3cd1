// Whether a message is from Crease. `secret` is the webhook's, "whsec_…"; `headers` are those of the request, with small letters; `body` is the
// text as it came: parsed and written again, it is another one.
import { createHmac, timingSafeEqual } from 'node:crypto';

const SECONDS_MAX = 300; // older, it may be a copy that somebody sends again

export function isFromCrease(secret, headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(Date.now() / 1000 - at) <= SECONDS_MAX)) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest();
  // Two while a secret is replaced.
  return signatures.split(' ').some((it) => {
    const signature = Buffer.from(it.replace(/^v1,/, ''), 'base64');
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  });
}
