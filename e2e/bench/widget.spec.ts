// What a partner's page gets, and when: Crease beside a plain JavaScript and a Preact widget of the same views, in one run, on a slow processor
// and slow networks. Each load is a cold one, and the variants take turns. The last line is JSON, for `cargo xtask bench widget`.
import { ClubMatch } from '../club';
import { recordedMatch } from '../cricsheet';
import { type Crease, expect, test } from '../fixtures';
import { readers } from '../partner';
import type { Browser, CDPSession, Page } from '@playwright/test';
import { buildSync } from 'esbuild';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const MATCH = '1422121';
const ROUNDS = Number(process.env.CREASE_BENCH_ROUNDS ?? 7);
const CPU_SLOWDOWN = 4;
/** Latency in ms, bytes a second down and up. */
const NETWORKS = {
  none: undefined,
  '4g': { latency: 60, downloadThroughput: 9e6 / 8, uploadThroughput: 3e6 / 8 },
  slow4g: { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 },
};
const PEERS = ['plain', 'preact'];
const ROOT = resolve(import.meta.dirname ?? __dirname, '../..');

// The server's files, with the peers among them, so that all come from one host over one connection.
const dist = join(mkdtempSync(join(tmpdir(), 'crease-bench-')), 'dist');
process.env.CREASE__WEB__DIST = dist;

const sizes: Record<string, number> = {};

/** Before the server starts, which looks at them then. */
function prepareFiles(): void {
  cpSync(join(ROOT, 'dist'), dist, { recursive: true });
  for (const peer of PEERS) {
    const { outputFiles } = buildSync({
      entryPoints: [join(ROOT, `widget/benches/peers/${peer}.js`)],
      bundle: true,
      minify: true,
      write: false,
      outdir: dist,
      loader: { '.css': 'text' },
      nodePaths: [join(ROOT, 'e2e/node_modules')],
    });
    const script = Buffer.from(outputFiles[0].contents);
    const small = brotliCompressSync(script);
    sizes[peer] = small.length;
    writeFileSync(join(dist, `bundle/${peer}.js`), script);
    writeFileSync(join(dist, `bundle/${peer}.js.br`), small);
  }
}

prepareFiles();

/** Noted in the page, in ms since the navigation. */
interface Seen {
  score: number;
  live: number;
  whole: number;
  shift: number;
  longTasks: number;
  blocked: number;
}

/** Looks at each frame whether the score is there, whether it is live (and its stream open), and whether everything is. */
function observe(): void {
  const seen = { score: 0, live: 0, whole: 0, shift: 0, longTasks: 0, blocked: 0 };
  let open = false;
  const Native = EventSource;
  window.EventSource = class extends Native {
    constructor(url: string | URL) {
      super(url);
      this.addEventListener('open', () => (open = true));
    }
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.shift += (entry as PerformanceEntry & { value: number }).value;
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      seen.longTasks++;
      seen.blocked += duration - 50;
    }
  }).observe({ type: 'longtask', buffered: true });
  const look = (): void => {
    const root = document.querySelector('crease-match, #score')?.shadowRoot;
    const text = (selector: string) => root?.querySelector(selector)?.textContent ?? '';
    // The frame after the one in which it was found has it painted.
    const found = (name: 'score' | 'live' | 'whole') => requestAnimationFrame(() => (seen[name] ||= performance.now()));
    if (/\d/.test(text('.runs'))) {
      found('score');
      if (open && /live/i.test(text('.badge'))) found('live');
      if (root?.querySelector('.lines')) found('whole');
    }
    if (!seen.whole || !seen.live) requestAnimationFrame(look);
    else void fetch('/seen', { method: 'POST', body: JSON.stringify(seen) });
  };
  look();
}

async function load(browser: Browser, url: string, network: keyof typeof NETWORKS, host: string): Promise<Seen & { bytes: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(observe);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const conditions = NETWORKS[network];
  if (conditions) await session.send('Network.emulateNetworkConditions', { offline: false, ...conditions });
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  let bytes = 0;
  const ours = new Set<string>();
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.url.startsWith(host)) ours.add(requestId);
  });
  session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    if (ours.has(requestId)) bytes += encodedDataLength;
  });
  // The page tells its site when it has seen all. Nothing is asked of it before: a script of the test's takes 30 to 40 ms of this processor.
  const told = page.waitForRequest((it) => it.url().endsWith('/seen'), { timeout: 20_000 });
  await page.goto(url, { waitUntil: 'commit' });
  const seen: Seen = JSON.parse((await told).postData() ?? '');
  await context.close();
  return { ...seen, bytes };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** JavaScript's heap, the browser's objects and WebAssembly's memory, in bytes, after the garbage was collected. */
async function memory(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const usage = (await session.send('Runtime.getHeapUsage' as never)) as { usedSize: number; embedderHeapUsedSize?: number; backingStorageSize?: number };
  return usage.usedSize + (usage.embedderHeapUsedSize ?? 0) + (usage.backingStorageSize ?? 0);
}

/** Of each ball: whether it is drawn in the task in which its event came, before any frame. */
async function drawnAtOnce(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const drawn = { atOnce: 0, later: 0 };
    const seen = new Map<Event, boolean>();
    Object.assign(window, { drawn });
    const listen = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (this: EventSource, name: string, run: never, options: never) {
      if (name === 'ball') {
        const wrapped = (event: Event) => {
          const look = () => document.querySelector('crease-match')?.shadowRoot?.textContent;
          const before = look();
          (run as (event: Event) => void)(event);
          queueMicrotask(() => {
            // The loader hears each ball too, and draws nothing.
            if (!seen.has(event)) setTimeout(() => drawn[seen.get(event) ? 'atOnce' : 'later']++);
            seen.set(event, seen.get(event) || look() !== before);
          });
        };
        return listen.call(this, name, wrapped as never, options);
      }
      return listen.call(this, name, run, options);
    } as typeof listen;
  });
}

test('beside a plain and a Preact widget', async ({ browser, crease, context }) => {
  test.setTimeout(1_200_000);
  const recorded = recordedMatch(MATCH);
  const half = recorded?.firstInnings.slice(0, 70) ?? [];
  const match = recorded ? await crease.createMatch(recorded.setup) : (await clubMatch(crease)).id;
  if (recorded) await crease.send(match, half.map((it) => it.sent));
  const key = crease.demo.publishable_key;
  const element = `<crease-match view="full" match="${match}"></crease-match>`;
  const reserve = '<style>crease-match,#score{display:block;min-height:64rem}</style>';
  const script = `<script async src="${crease.url}/v1/crease.js" data-key="${key}"></script>`;
  const bodies: Record<string, () => Promise<string>> = {
    ours: async () => script + element,
    'ours in the page': async () => {
      const answer = await fetch(`${crease.url}/v1/embed/${match}?view=full&key=${key}`, { headers: { authorization: `Bearer ${crease.demo.secret_key}` } });
      return (await answer.text()) + script;
    },
  };
  for (const peer of PEERS) {
    bodies[peer] = async () => `<script async src="${crease.url}/v1/bundle/${peer}.js" data-key="${key}" data-match="${match}"></script><div id="score"></div>`;
  }
  const site = createServer((request, answer) => {
    const variant = decodeURIComponent((request.url ?? '').slice(1));
    void (bodies[variant]?.() ?? Promise.resolve('')).then((body) => {
      answer.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'br' });
      const html = `<!doctype html><html lang="en"><head><title>Partner</title><link rel="icon" href="data:,">${reserve}</head><body><h1>Cricket</h1>${body}</body></html>`;
      // As sites do, at a speed at which pages are made.
      answer.end(brotliCompressSync(html, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
    });
  });
  await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening));
  const partner = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

  const loads: Record<string, Record<string, Awaited<ReturnType<typeof load>>[]>> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const network of Object.keys(NETWORKS) as (keyof typeof NETWORKS)[]) {
      // Another one first in each round: what comes after a change of network is slower.
      const all = Object.keys(bodies);
      const turn = round % all.length;
      for (const variant of [...all.slice(turn), ...all.slice(0, turn)]) {
        const seen = await load(browser, `${partner}/${encodeURIComponent(variant)}`, network, crease.url);
        // The first round warms up the server and the browser's own caches.
        if (round > 0 || ROUNDS === 1) ((loads[network] ??= {})[variant] ??= []).push(seen);
      }
    }
  }
  const networks = Object.fromEntries(
    Object.entries(loads).map(([network, variants]) => [
      network,
      Object.fromEntries(
        Object.entries(variants).map(([variant, all]) => {
          const of = (name: keyof (typeof all)[0]) => Number(median(all.map((it) => it[name])).toFixed(3));
          const most = (name: keyof (typeof all)[0]) => Number(Math.max(...all.map((it) => it[name])).toFixed(4));
          return [
            variant,
            { first_score_ms: of('score'), live_ms: of('live'), whole_ms: of('whole'), bytes: of('bytes'), blocked_ms: of('blocked'), long_tasks_max: most('longTasks'), shift_max: most('shift') },
          ];
        }),
      ),
    ]),
  );

  // Loads of one round follow each other, so that a machine that is slower for a while is so for both: the mean of the rounds' ratios tells more
  // than two medians do.
  const ratios = Object.fromEntries(
    Object.entries(loads).map(([network, variants]) => [
      network,
      Object.fromEntries(
        ['ours', 'ours in the page'].map((ours) => [
          ours,
          Object.fromEntries(
            PEERS.map((peer) => {
              const of = (name: 'score' | 'live') => compared(variants[ours].map((it, round) => it[name] / variants[peer][round][name]));
              return [peer, { first_score_ms: of('score'), live_ms: of('live') }];
            }),
          ),
        ]),
      ),
    ]),
  );

  // A whole innings in an open page, and what it holds then.
  const held: Record<string, number> = {};
  const pages: Record<string, Page> = {};
  for (const variant of ['ours', ...PEERS]) {
    const page = await context.newPage();
    if (variant === 'ours') await drawnAtOnce(page);
    await page.goto(`${partner}/${variant}`);
    await expect(page.locator('crease-match .lines, #score .lines')).toBeVisible();
    pages[variant] = page;
  }
  for (const { sent } of recorded?.firstInnings.slice(70) ?? []) await crease.send(match, [sent]);
  const total = recorded?.firstInnings.at(-1)?.score ?? '';
  for (const [variant, page] of Object.entries(pages)) {
    await expect(page.locator('crease-match .runs, #score .runs').filter({ hasText: total }).first()).toBeVisible();
    held[variant] = await memory(await context.newCDPSession(page));
  }
  const drawn = await pages.ours.evaluate(() => (window as unknown as { drawn: { atOnce: number; later: number } }).drawn);
  for (const page of Object.values(pages)) await page.close();
  await expect.poll(() => readers(crease)).toBe(0);

  // Twenty widgets in five tabs.
  bodies.twenty = async () => script + element.repeat(4);
  for (let tab = 0; tab < 5; tab++) {
    const page = await context.newPage();
    await page.goto(`${partner}/twenty`);
    await expect(page.locator('crease-match .runs').first()).toContainText(/\d/);
  }
  await expect.poll(() => readers(crease)).toBe(1);
  site.close();
  const frame = await frameBytes(`${crease.url}/v1/embed/${match}?key=${key}&view=full&frame=tree`);
  console.log(JSON.stringify({ frame_bytes: frame, rounds: ROUNDS - 1, cpu_slowdown: CPU_SLOWDOWN, peer_bytes: sizes, networks, ratios, memory_bytes: held, drawn_in_the_event: drawn, streams_of_20_widgets_in_5_tabs: await readers(crease) }));
});

/** The geometric mean of ratios, and its standard error as a share of it. */
function compared(ratios: number[]): { mean: number; error: number } {
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, it) => sum + it, 0) / logs.length;
  const variance = logs.reduce((sum, it) => sum + (it - mean) ** 2, 0) / Math.max(1, logs.length - 1);
  return { mean: Number(Math.exp(mean).toFixed(4)), error: Number(Math.sqrt(variance / logs.length).toFixed(4)) };
}

/** What the loader's frame weighs on the way. */
const frameBytes = (url: string) =>
  new Promise<number>((measured, failed) => {
    get(url, { headers: { 'accept-encoding': 'br' } }, (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => measured(bytes));
    }).on('error', failed);
  });

/** Where the recorded matches are not there. */
async function clubMatch(crease: Crease): Promise<ClubMatch> {
  const match = await ClubMatch.begin(crease);
  for (let ball = 0; ball < 40; ball++) await match.score(2);
  return match;
}
