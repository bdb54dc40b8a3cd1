// A Crease of the tests' own: `import { test, expect } from '../fixtures'`, then take `crease` like `page`.
import { test as base } from '@playwright/test';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, open, readFile, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export { expect } from '@playwright/test';

/** What the server writes about the partner that `--demo` seeds. */
export interface Demo {
  publishable_key: string;
  secret_key: string;
  /** A publishable key of the test mode. */
  test_key: string;
  /** A match that the server itself plays for ever. */
  sandbox_match: string;
  /** For `/console/operations`. */
  operations_secret: string;
}

/** One command of a feed: an id that makes it idempotent, and what happened. */
export interface Sent {
  id: string;
  version?: number;
  order?: number;
  command?: Record<string, unknown>;
  remove?: boolean;
}

/** What became of a batch; `answers` are in the batch's order. */
export interface Judged {
  epoch: number;
  seq: number;
  rev: number;
  answers: { status: 'accepted' | 'duplicate' | 'rejected'; id: string; seq?: number; code?: string; detail?: string }[];
}

const ROOT = resolve(import.meta.dirname ?? __dirname, '..');
const BINARY = process.env.CREASE_BIN ?? join(ROOT, 'target/debug/crease');
/** The first start creates a database cluster. */
const READY_MS_MAX = 60_000;
/** The server says goodbye to its streams and stops its database. */
const STOP_MS_MAX = 30_000;

/** A running `crease all --demo` with a data folder and a port of its own, both kept over a restart. */
export class Crease {
  readonly url: string;
  demo!: Demo;
  private child?: ChildProcess;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: Record<string, string>,
  ) {
    this.url = `http://localhost:${port}`;
  }

  /** Starts one on a free port with an empty data folder; `settings` are further `CREASE__…`. */
  static async start(settings: Record<string, string> = {}): Promise<Crease> {
    const folder = await mkdtemp(join(tmpdir(), 'crease-e2e-'));
    // As root, the database runs under another account, which must be able to pass through.
    await chmod(folder, 0o755);
    const crease = new Crease(folder, await freePort(), settings);
    await crease.up();
    return crease;
  }

  /** The page of an example partner, with its match. */
  page(example: string, match: string): string {
    return `${this.url}/examples/${example}/?match=${match}`;
  }

  /** Announces a match as a feed does and returns its id. `setup` is the body of `POST /v1/feed/matches`. */
  async createMatch(setup: Record<string, unknown>): Promise<string> {
    return (await this.post<{ id: string }>('/v1/feed/matches', setup)).id;
  }

  /** Sends commands of one match as a feed does. */
  async send(match: string, commands: Sent[]): Promise<Judged> {
    return this.post<Judged>(`/v1/feed/matches/${match}/commands`, { commands });
  }

  /** The letters to an address, the newest last: without a mail server they are files. */
  async letters(to: string): Promise<string[]> {
    const folder = join(this.folder, 'data', 'mail');
    // There is no folder before the first letter.
    const names = await readdir(folder).catch(() => []);
    const files = await Promise.all(
      names.map(async (name) => ({ text: await readFile(join(folder, name), 'utf8'), at: (await stat(join(folder, name))).mtimeMs })),
    );
    const own = files.filter((it) => it.text.includes(`To: ${to}`)).sort((a, b) => a.at - b.at);
    // Long lines end in "=" and go on in the next (RFC 2045 §6.7).
    return own.map((it) => it.text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '='));
  }

  /** Stops as an operator would and starts again on the same data and port. */
  async restart(): Promise<void> {
    await this.down('SIGTERM');
    await this.up();
  }

  /** Runs the program with these words while nobody serves, on the same data, and starts again. */
  async runMeanwhile(...words: string[]): Promise<void> {
    await this.runAllMeanwhile([words]);
  }

  /** The same of several, one after the other. */
  async runAllMeanwhile(all: string[][]): Promise<void> {
    await this.down('SIGTERM');
    const env = { ...process.env, CREASE__DATA__DIR: join(this.folder, 'data'), ...this.settings };
    for (const words of all) {
      const child = spawn(BINARY, words, { cwd: ROOT, env, stdio: 'ignore' });
      const code = await new Promise((done, failed) => child.once('exit', done).once('error', failed));
      if (code !== 0) throw new Error(`crease ${words.join(' ')} ended with ${code}`);
    }
    await this.up();
  }

  /** Dies as in a power cut; nothing is written or said any more. `up` brings it back. */
  async kill9(): Promise<void> {
    await this.down('SIGKILL');
  }

  /** Starts on the data that is there and waits until it serves. */
  async up(): Promise<void> {
    const log = await open(join(this.folder, 'crease.log'), 'a');
    const data = join(this.folder, 'data');
    const keys = join(data, 'demo.json');
    // Each start issues new keys; those of the last one must not be taken for them.
    await rm(keys, { force: true });
    const env = {
      ...process.env,
      CREASE__HTTP__LISTEN: `127.0.0.1:${this.port}`,
      CREASE__DATA__DIR: data,
      // The servers that hear of things are this test's own.
      CREASE__WEBHOOKS__LOOPBACK: 'true',
      ...this.settings,
    };
    const stdio = ['ignore', log.fd, log.fd] as const;
    const child = spawn(BINARY, ['all', '--demo'], { cwd: ROOT, env, stdio: [...stdio] });
    this.child = child;
    await new Promise<void>((started, failed) => child.once('spawn', started).once('error', failed));
    await log.close();
    await until(READY_MS_MAX, () => this.serves(child), () => this.log());
    this.demo = JSON.parse(await readFile(keys, 'utf8'));
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.down('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What the server has logged, for a failing test to show. */
  async log(): Promise<string> {
    return readFile(join(this.folder, 'crease.log'), 'utf8');
  }

  private async serves(child: ChildProcess): Promise<boolean> {
    if (hasEnded(child)) {
      throw new Error(`crease ended with ${child.exitCode ?? child.signalCode}\n${await this.log()}`);
    }
    const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
    return answer?.ok ?? false;
  }

  private async down(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (!child || hasEnded(child)) return;
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await ended;
    clearTimeout(patience);
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.demo.secret_key}`, 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  if (address === null || typeof address === 'string') throw new Error('the probe has no port');
  return address.port;
}

/** Waits for a fact. */
async function until(msMax: number, fact: () => Promise<boolean>, story: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + msMax;
  while (!(await fact())) {
    if (Date.now() > deadline) throw new Error(`not so after ${msMax} ms\n${await story()}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

export const test = base.extend<{ storyOfFailure: void }, { crease: Crease }>({
  // One server for a file's tests; after a failure Playwright starts a new worker and so a new server.
  crease: [
    async ({}, use) => {
      const crease = await Crease.start();
      await use(crease);
      await crease.stop();
    },
    { scope: 'worker', timeout: READY_MS_MAX + STOP_MS_MAX },
  ],
  // The end of the server's log goes beside a failing test's trace.
  storyOfFailure: [
    async ({ crease }, use, info) => {
      await use();
      if (info.status !== info.expectedStatus) await info.attach('crease.log', { body: await crease.log() });
    },
    { auto: true },
  ],
});
