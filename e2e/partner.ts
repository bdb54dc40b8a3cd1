// A partner's page on another site than Crease's, written by the test, and what goes wrong on a page.
import type { Crease } from './fixtures';
import type { Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PartnerPage {
  /** What stands in the body. */
  body: string;
  head?: string;
  /** The page's `Content-Security-Policy`. */
  policy?: string;
  /** Further attributes of Crease's script tag; null leaves the tag out. */
  script?: string | null;
  /** The page's language. */
  lang?: string;
}

/** Opens a page of a partner that embeds Crease. */
export async function openPartner(crease: Crease, page: Page, { body, head = '', policy, script = '', lang = 'en' }: PartnerPage): Promise<void> {
  const tag = `<script async src="${crease.url}/v1/crease.js" data-key="${crease.demo.publishable_key}" ${script}></script>`;
  const html = `<!doctype html><html lang="${lang}"><head><title>Partner</title><link rel="icon" href="data:,">${head}
    ${script === null ? '' : tag}</head><body>${body}</body></html>`;
  const headers: Record<string, string> = { 'content-type': 'text/html' };
  if (policy !== undefined) headers['content-security-policy'] = policy;
  const site = createServer((_, answer) => answer.writeHead(200, headers).end(html));
  // By another name than Crease's: another site to the browser, and one that the demo's keys may be used on.
  await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening));
  page.once('close', () => site.close());
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
}

/** Notes each error that a page throws or writes to its console, broken policies among them. */
export function troubles(page: Page): string[] {
  const noted: string[] = [];
  page.on('pageerror', (error) => noted.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') noted.push(`${message.text()} (${message.location().url})`);
  });
  return noted;
}

/** What a page throws and nobody catches, from now on, as the page itself hears it: Firefox's driver calls failed requests errors of the page too. */
export async function uncaught(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const uncaught: string[] = [];
    Object.assign(window, { uncaught });
    addEventListener('error', (event) => uncaught.push(event.message));
    addEventListener('unhandledrejection', (event) => uncaught.push(String(event.reason)));
  });
  return () => page.evaluate(() => (window as unknown as { uncaught: string[] }).uncaught);
}

/** Open streams, as the server counts them. */
export async function readers(crease: Crease): Promise<number> {
  const text = await (await fetch(`${crease.url}/metrics`)).text();
  return Number(/^stream_subscribers (\d+)/m.exec(text)?.[1] ?? 0);
}
