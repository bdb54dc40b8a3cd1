// A wallet of the test's own, and who is signed in: what the server answers, said by hand.
import type { Crease } from './fixtures';
import type { Page } from '@playwright/test';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Balance {
  asset: string;
  units: number;
  available: number;
  held: number;
  places: number;
}

export interface Entry {
  id: string;
  asset: string;
  change: number;
  balance_after: number;
  reason: string;
  metadata: Record<string, string>;
  made_at: string;
}

export const points = (units: number, held = 0): Balance => ({
  asset: 'points',
  units,
  available: units - held,
  held,
  places: 0,
});

/** Answers what is asked beside the wallet; undefined where that is nothing of its. */
export interface Beside {
  /** Paths below /v1/ that it answers. */
  readonly paths: RegExp;
  /** What the fan's stream says beside the balances. */
  told(): Record<string, unknown>;
  answer(asked: Asked): Promise<void>;
}

/** A question, and the ways to answer it. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: () => Promise<any>;
  say: (status: number, body?: unknown) => void;
  problem: (status: number, type?: string, title?: string) => void;
  /** Answers with a stream, which `event` writes to. */
  stream: (opened: (event: (name: string, said: unknown) => void) => () => void) => void;
}

const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' };

/** Not asked about. */
export const KEY = 'crs_pk_live_of_the_test';

export class FakeWallet {
  balances: Balance[] = [points(120)];
  frozen = false;
  /** The newest first. */
  entries: Entry[] = [];
  vouchers?: Record<string, unknown>[];
  /** Answered in place of anything of the wallet: a status, and the problem's type. */
  refusal?: { status: number; type?: string };
  /** Whose token is believed, and for whom. */
  fans: Record<string, { fan_id: string; kind: string }> = {
    'token-asha': { fan_id: 'fan_asha', kind: 'signed' },
    'token-bram': { fan_id: 'fan_bram', kind: 'signed' },
  };
  /** What else there is of a fan. */
  beside?: Beside;
  /** What was asked, as "GET /v1/wallet". */
  readonly asked: string[] = [];
  /** Tokens and keys that came with it. */
  readonly names: string[] = [];
  private readonly streams = new Set<ServerResponse>();
  private t = 1_764_460_800_000;

  /** Where pages of the test have Crease: this, and behind it the one that runs. */
  url = '';

  /** Answers for wallets and fans as long as the page is open, and passes on what else is asked. */
  static async before(crease: Crease, page: Page): Promise<FakeWallet> {
    const wallet = new FakeWallet(crease.url);
    const server = createServer((request, answer) => wallet.answer(request, answer));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    wallet.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    page.once('close', () => {
      server.closeAllConnections();
      server.close();
    });
    return wallet;
  }

  private constructor(private readonly behind: string) {}

  /** The script tag of the wallet, and that of matches. */
  tag(script: 'crease-wallet.js' | 'crease.js', how: 'async' | '' = 'async'): string {
    return `<script ${how} src="${this.url}/v1/${script}" data-key="${KEY}"></script>`;
  }

  /** The same for a page that Crease itself serves. */
  async answerFor(page: Page): Promise<void> {
    await page.route(/\/v1\/(wallet|fans|rewards|products|vouchers|reservations|markets|orders)(\/|\?|$)/, (route) => {
      const url = new URL(route.request().url());
      return route.continue({ url: this.url + url.pathname + url.search });
    });
  }

  /** Open streams. */
  get readers(): number {
    return this.streams.size;
  }

  /** Gives or takes points, and tells all streams. */
  give(change: number, what?: string, reason = 'grant'): void {
    const [own] = this.balances;
    own.units += change;
    own.available += change;
    this.entries.unshift(this.entry(change, own.units, reason, what));
    this.tell();
  }

  entry(change: number, after: number, reason: string, what?: string): Entry {
    const id = `trf_${this.entries.length}_${Math.random()}`;
    return {
      id,
      asset: 'points',
      change,
      balance_after: after,
      reason,
      metadata: what === undefined ? {} : { what },
      made_at: new Date().toISOString(),
    };
  }

  tell(): void {
    for (const stream of this.streams) stream.write(this.event());
  }

  /** Ends all streams as a server does that is going away, or just breaks them. */
  end(goodbye?: { reason: string; retry: number }): void {
    for (const stream of this.streams) {
      if (goodbye) stream.end(`event: bye\ndata: ${JSON.stringify(goodbye)}\n\n`);
      else stream.destroy();
    }
  }

  private event(): string {
    const said = { balances: this.balances, frozen: this.frozen, t: ++this.t, ...this.beside?.told() };
    return `event: fan\nid: ${this.t}\ndata: ${JSON.stringify(said)}\n\n`;
  }

  private answer(request: IncomingMessage, answer: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://crease');
    if (request.method === 'OPTIONS') {
      answer
        .writeHead(204, {
          ...CORS,
          'access-control-allow-headers': 'x-crease-key, crease-fan, accept, content-type, idempotency-key',
          'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
        })
        .end();
      return;
    }
    const isBeside = this.beside?.paths.test(pathname);
    if (!isBeside && !/^\/v1\/(wallet|fans)(\/|$)/.test(pathname)) return void this.passOn(request, answer);
    this.asked.push(`${request.method} ${pathname}`);
    const token = String(request.headers['crease-fan'] ?? '');
    this.names.push(`${request.headers['x-crease-key']} ${token}`);
    const say = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      answer
        .writeHead(status, {
          ...CORS,
          'content-type': status < 400 ? 'application/json' : 'application/problem+json',
          ...headers,
        })
        .end(JSON.stringify(body));
    const problem = (status: number, type = 'about:blank', title = 'No') =>
      say(status, { type, title, status }, { 'retry-after': '7' });
    if (pathname === '/v1/fans/guest')
      return void say(201, {
        token: 'token-guest',
        fan_id: 'guest_1',
        expires_at: new Date(Date.now() + 86_400_000).toISOString(),
      });
    const fan = this.fans[token];
    if (pathname === '/v1/fans/me') return void (fan ? say(200, fan) : problem(401));
    if (this.refusal) return void problem(this.refusal.status, this.refusal.type);
    if (!fan) return void problem(401);
    if (isBeside) {
      void this.beside!.answer({
        method: request.method!,
        path: pathname,
        query: searchParams,
        headers: request.headers,
        body: () => bodyOf(request),
        say: (status, body = {}) => void (status === 204 ? answer.writeHead(204, CORS).end() : say(status, body)),
        problem: (status, type, title) => void problem(status, type && `/problems/${type}`, title),
        stream: (opened) => {
          answer.writeHead(200, { ...CORS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
          answer.write('retry: 2000\n\n');
          const write = (name: string, said: unknown) =>
            answer.write(`event: ${name}\ndata: ${JSON.stringify(said)}\n\n`);
          answer.once('close', opened(write));
        },
      });
    } else if (pathname === '/v1/wallet') {
      say(200, {
        fan_id: fan.fan_id,
        balances: this.balances,
        frozen: this.frozen,
        t: this.t,
        ...(this.vouchers && { vouchers: this.vouchers }),
      });
    } else if (pathname === '/v1/wallet/entries') {
      const own = this.entries.filter((it) => it.asset === searchParams.get('asset'));
      const cursor = searchParams.get('cursor');
      const from = cursor === null ? 0 : own.findIndex((it) => it.id === cursor) + 1;
      const entries = own.slice(from, from + Number(searchParams.get('limit')));
      say(200, { data: entries, next: from + entries.length < own.length ? entries.at(-1)?.id : null });
    } else if (pathname === '/v1/wallet/stream') {
      answer.writeHead(200, { ...CORS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      answer.write(`retry: 2000\n\n: here\n\n${this.event()}`);
      this.streams.add(answer);
      answer.once('close', () => this.streams.delete(answer));
    } else problem(404);
  }

  /** A stream is passed on as it comes, and ends with who reads it. */
  private async passOn(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const stopping = new AbortController();
    answer.once('close', () => stopping.abort());
    try {
      const { origin } = request.headers;
      const headers: Record<string, string> = origin === undefined ? {} : { origin };
      const behind = await fetch(this.behind + request.url, { headers, signal: stopping.signal });
      const type = behind.headers.get('content-type') ?? 'text/plain';
      answer.writeHead(behind.status, { ...CORS, 'content-type': type });
      for await (const part of behind.body ?? []) answer.write(part);
      answer.end();
    } catch {
      answer.destroy();
    }
  }
}

/** A request's body as JSON; nothing where there is none. */
async function bodyOf(request: IncomingMessage): Promise<any> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text ? JSON.parse(text) : undefined;
}
