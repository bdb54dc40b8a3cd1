// A newsroom of the test's own: what the server answers about content, said by hand, and changes told on the matches' own streams.
import type { Crease } from './fixtures';
import type { Page } from '@playwright/test';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Words = Record<string, unknown>;

export interface Card {
  id: string;
  kind: string;
  slot: string;
  /** Of a preview. */
  match?: string;
  priority: number;
  from: number | null;
  until: number | null;
  at: number;
  main: string;
  paid: boolean;
  words: Record<string, Words>;
}

const HEADERS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'etag, retry-after' };

/** A card in English; `more` says what is not usual about it. */
export const card = (id: string, kind: string, slot: string, words: Words, more: Partial<Card> = {}): Card => ({
  id: `ent_${id}`,
  kind,
  slot,
  priority: 0,
  from: null,
  until: null,
  at: 1_764_460_800_000,
  main: 'en',
  paid: false,
  words: { en: words },
  ...more,
});

/** A text of paragraphs. */
export const doc = (...lines: string[]) => ({
  type: 'doc',
  content: lines.map((text) => ({ type: 'paragraph', content: [{ type: 'text', text }] })),
});

/** A picture, as the media library has it: here a drawing of a ground in the evening. */
export const picture = (alt: string, { width = 960, height = 640, credit = '', name = 'ground' } = {}) => {
  const file = (wide: number) => `/media/med_${name}/${wide}.svg`;
  const srcset = [320, 640, 960].map((wide) => `${file(wide)} ${wide}w`).join(', ');
  return { alt, credit, colour: '#3d5a48', src: file(960), width, height, srcset, webp: '' };
};

const DRAWINGS: Record<string, string> = {
  ground: `<rect width="960" height="640" fill="#f2b27a"/><rect y="330" width="960" height="310" fill="#4f7f52"/>
    <circle cx="700" cy="250" r="80" fill="#ffe2b0"/><path d="M0 330l120-70 90 50 160-90 130 80 200-60 260 90z" fill="#6d6a7c"/>
    <path d="M430 640l30-250h40l30 250z" fill="#cdb27f"/>`,
  portrait: `<rect width="640" height="640" fill="#9fb8a6"/><circle cx="320" cy="250" r="120" fill="#c98f64"/>
    <path d="M190 215a130 130 0 0 1 260 0l40 20H190z" fill="#123c63"/><path d="M90 640a230 230 0 0 1 460 0z" fill="#1d5b96"/>`,
};

export class FakeNewsroom {
  board: Record<string, unknown> & { number: number; cards: Card[] };
  /** By "article/ent_…": what `fields` has of it. */
  documents: Record<string, Record<string, unknown>> = {};
  /** Answered in place of anything about content. */
  status = 200;
  /** What was asked about content, with the words after the "?". */
  readonly asked: string[] = [];
  url = '';
  private readonly streams = new Set<ServerResponse>();

  /** Answers as long as the page is open, and passes on what else is asked. */
  static async before(crease: Crease, page: Page, board: Record<string, unknown> = {}): Promise<FakeNewsroom> {
    const newsroom = new FakeNewsroom(crease.url, board);
    const server = createServer((request, answer) => newsroom.answer(request, answer));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    newsroom.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    page.context().once('close', () => {
      server.closeAllConnections();
      server.close();
    });
    return newsroom;
  }

  private constructor(
    private readonly behind: string,
    board: Record<string, unknown>,
  ) {
    const nothing = { preview: null, players: {}, flags: {}, theme: null, notice: null, hides_promotions: false };
    this.board = { number: 1, language: 'en', cards: [], ...nothing, ...board };
  }

  /** The loader's tag. */
  tag(key: string): string {
    return `<script async src="${this.url}/v1/crease.js" data-key="${key}"></script>`;
  }

  /** Open streams of matches. */
  get readers(): number {
    return this.streams.size;
  }

  /** Publishes cards, and takes others back: all who follow hear of it. */
  publish(cards: Card[], gone: string[] = []): void {
    const ids = [...gone, ...cards.map((it) => it.id)];
    this.board.cards = [...this.board.cards.filter((it) => !ids.includes(it.id)), ...cards];
    this.tell({ cards, gone, ask: false });
  }

  /** Changes what is for some only, or no card: all are asked to look. */
  change(board: Record<string, unknown>): void {
    Object.assign(this.board, board);
    this.tell({ cards: [], gone: [], ask: true });
  }

  /** Says a change, `t` milliseconds from now by the server's clock. */
  tell(change: Record<string, unknown>, t = 0): void {
    this.board.number++;
    const said = { number: this.board.number, t: Date.now() + t, ...change };
    for (const stream of this.streams) stream.write(`event: content\ndata: ${JSON.stringify(said)}\n\n`);
  }

  /** Says nothing but what time it is: so much later than a page's clock has it. */
  async tellAt(page: Page, ahead: number): Promise<void> {
    const now = await page.evaluate(() => Date.now());
    this.tell({ cards: [], gone: [], ask: false }, now + ahead - Date.now());
  }

  private answer(request: IncomingMessage, answer: ServerResponse): void {
    const { pathname, search } = new URL(request.url ?? '', 'http://crease');
    const say = (status: number, type: string, body: string) => answer.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
    const drawing = /^\/media\/med_(\w+)\//.exec(pathname)?.[1];
    if (drawing !== undefined) {
      const box = drawing === 'portrait' ? '640 640' : '960 640';
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${box}" preserveAspectRatio="xMidYMid slice">${DRAWINGS[drawing] ?? ''}</svg>`;
      return void say(drawing in DRAWINGS ? 200 : 404, 'image/svg+xml', svg);
    }
    const asked = /^\/v1\/content\/(.+)$/.exec(pathname)?.[1];
    if (asked === undefined) return void this.passOn(request, answer);
    this.asked.push(asked + search);
    if (this.status !== 200) return void say(this.status, 'application/problem+json', JSON.stringify({ title: 'No', status: this.status }));
    if (asked === 'board') return void say(200, 'application/json', JSON.stringify(this.board));
    const fields = this.documents[asked];
    const [kind, id] = asked.split('/');
    if (!fields) return void say(404, 'application/problem+json', JSON.stringify({ title: 'No such entry', status: 404 }));
    const document = { id, kind, key: null, language: 'en', published_at: '2026-11-30T09:00:00Z', fields };
    say(200, 'application/json', JSON.stringify(document));
  }

  /** A stream is passed on as it comes, and ends with who reads it. */
  private async passOn(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const stopping = new AbortController();
    answer.once('close', () => {
      stopping.abort();
      this.streams.delete(answer);
    });
    try {
      const { origin } = request.headers;
      const headers: Record<string, string> = origin === undefined ? {} : { origin };
      const behind = await fetch(this.behind + request.url, { headers, signal: stopping.signal });
      const type = behind.headers.get('content-type') ?? 'text/plain';
      answer.writeHead(behind.status, { ...HEADERS, 'content-type': type });
      for await (const part of behind.body ?? []) {
        answer.write(part);
        // From now on what is said is said between two events of the match.
        if (type.includes('event-stream')) this.streams.add(answer);
      }
      answer.end();
    } catch {
      answer.destroy();
    }
  }
}
