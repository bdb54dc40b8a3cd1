// Rewards, vouchers and markets of the test's own: what the server answers, with as much of a state as a page can see.
// Its rules are those of the routes in short; a test against the real ones may take its place.
import type { Asked, Beside, FakeWallet } from './wallet';

export interface Product {
  id: string;
  name: string;
  description: string;
  price: number | null;
  stock: number;
  left: number | null;
  valid_until: string;
  transferable: boolean;
  tradable: boolean;
  state: 'on-sale' | 'paused';
}

export interface Held {
  product: string;
  name: string;
  units: number;
  available: number;
  held: number;
  valid_until: string;
  transferable: boolean;
  tradable: boolean;
}

export interface Claimed {
  id: string;
  product: string;
  name: string;
  state: 'claimed' | 'redeemed' | 'expired';
  code: string | null;
  valid_until: string;
  claimed_at: string;
  redeemed_at: string | null;
}

export interface Market {
  id: string;
  product: string;
  name: string;
  state: 'open' | 'halted' | 'closed';
  low: number;
  high: number;
  tick: number;
  lot: number;
  quantity_max: number;
  last: { price: number; quantity: number; at: string } | null;
}

type Level = [price: number, quantity: number];
type Write = (name: string, said: unknown) => void;

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

export const product = (id: string, name: string, more: Partial<Product> = {}): Product => ({
  id,
  name,
  description: '',
  price: 100,
  stock: 37,
  left: null,
  valid_until: inDays(30),
  transferable: true,
  tradable: true,
  state: 'on-sale',
  ...more,
});

export const market = (id: string, of: Product, more: Partial<Market> = {}): Market => ({
  id,
  product: of.id,
  name: of.name,
  state: 'open',
  low: 50,
  high: 200,
  tick: 1,
  lot: 1,
  quantity_max: 10,
  last: null,
  ...more,
});

export class FakeRewards implements Beside {
  readonly paths = /^\/v1\/(rewards|products|vouchers|reservations|markets|orders)(\/|$)/;
  earned: Record<string, unknown>[] = [];
  missions: Record<string, unknown>[] = [];
  tier: string | null = null;
  products: Product[] = [];
  held: Held[] = [];
  claimed: Claimed[] = [];
  markets: Market[] = [];
  bids: Level[] = [];
  asks: Level[] = [];
  trades: Record<string, unknown>[] = [];
  orders: any[] = [];
  reservations: any[] = [];
  /** What the page has said of watching, as "follow mat_1". */
  readonly watched: string[] = [];
  /** How long the match was watched; none where nothing is played. */
  minutes = 1;
  /** How long one is good. */
  reserved_ms = 120_000;
  /** How long a picture is good. */
  qr_ms = 60_000;
  /** Answered in place of what matches "POST /v1/products/": a status, and the problem's last word. */
  refusals: { of: string; status: number; word: string; title?: string }[] = [];
  /** What was asked, as "GET /v1/rewards". */
  readonly asked: string[] = [];
  /** Of what is made, by its Idempotency-Key. */
  readonly keys: string[] = [];
  private readonly streams = new Set<Write>();
  private made = 0;
  private seq = 7;

  static beside(wallet: FakeWallet): FakeRewards {
    const rewards = new FakeRewards(wallet);
    wallet.beside = rewards;
    return rewards;
  }

  private constructor(private readonly wallet: FakeWallet) {}

  /** Open streams of markets. */
  get readers(): number {
    return this.streams.size;
  }

  told(): Record<string, unknown> {
    const units = this.held.reduce((sum, it) => sum + it.units, 0);
    return { vouchers: units, orders: this.orders.filter((it) => it.state === 'resting').length };
  }

  /** Something was earned, and is told. */
  earn(title: string, units: number, campaign = 'cmp_sunday'): void {
    const id = `grt_${++this.made}`;
    this.earned.unshift({ id, title, campaign, rule: 'r', units, state: 'paid', earned_at: new Date().toISOString() });
    this.wallet.give(units, title);
  }

  /** Levels that are now otherwise, told as a change. */
  change(...changes: ['bid' | 'ask', number, number][]): void {
    for (const [side, price, quantity] of changes) {
      const levels = side === 'bid' ? this.bids : this.asks;
      const at = levels.findIndex((it) => it[0] === price);
      if (at >= 0) levels.splice(at, 1);
      if (quantity) levels.push([price, quantity]);
      levels.sort((a, b) => (side === 'bid' ? b[0] - a[0] : a[0] - b[0]));
    }
    this.tell('change', { seq: ++this.seq, changes });
  }

  trade(price: number, quantity: number, side: 'buy' | 'sell'): void {
    const trade = { price, quantity, at: new Date().toISOString(), side };
    this.trades.unshift(trade);
    this.tell('trade', trade);
  }

  turn(state: Market['state']): void {
    this.markets[0].state = state;
    this.tell('state', { state });
  }

  tell(name: string, said: unknown): void {
    for (const write of this.streams) write(name, said);
  }

  async answer(asked: Asked): Promise<void> {
    const { method, path, say, problem } = asked;
    this.asked.push(`${method} ${path}`);
    const body = await asked.body();
    const key = asked.headers['idempotency-key'];
    if (key) this.keys.push(String(key));
    const refusal = this.refusals.find((it) => `${method} ${path}`.startsWith(it.of));
    if (refusal) return problem(refusal.status, refusal.word, refusal.title);
    const [, , kind, id, verb] = path.split('/');
    const routes: Record<string, () => void> = {
      'GET rewards': () => {
        const { tier, missions } = this;
        say(200, { tier, earned: this.earned.slice(0, 20), missions });
      },
      'POST rewards': () => {
        this.watched.push(`${id} ${body?.match ?? ''}`.trim());
        say(id === 'follow' ? 204 : 202, id === 'watched' ? { minutes: this.minutes } : { heard: 'now' });
      },
      'GET products': () => say(200, { items: this.products, next: null }),
      'GET vouchers': () => (id ? this.draw(id, asked) : say(200, { held: this.held, claimed: this.claimed })),
      'POST products': () =>
        this.ofProduct(
          verb,
          this.products.find((it) => it.id === id)!,
          body,
          asked,
        ),
      'POST reservations': () =>
        this.ofReservation(
          verb,
          this.reservations.find((it) => it.id === id)!,
          asked,
        ),
      'GET markets': () => this.look(id, verb, asked),
      'POST markets': () =>
        this.order(
          this.markets.find((it) => it.id === id)!,
          body,
          asked,
        ),
      'GET orders': () => say(200, { items: this.orders.filter((it) => it.state === 'resting'), next: null }),
      'PATCH orders': () => this.amend(this.orders.find((it) => it.id === id)!, body, asked),
      'DELETE orders': () => this.cancel(id, asked),
    };
    (routes[`${method} ${kind}`] ?? (() => problem(404, 'unknown-route')))();
  }

  private pay(change: number, what?: string): void {
    this.wallet.give(change, what, 'purchase');
  }

  private gain(product: Product, units: number): void {
    const { id, name, valid_until, transferable, tradable } = product;
    let held = this.held.find((it) => it.product === id);
    if (!held) {
      held = { product: id, name, units: 0, available: 0, held: 0, valid_until, transferable, tradable };
      this.held.push(held);
    }
    held.units += units;
    held.available += units;
    this.held = this.held.filter((it) => it.units > 0);
  }

  private ofProduct(verb: string, product: Product, body: any, { say, problem }: Asked): void {
    const own = this.held.find((it) => it.product === product.id);
    if (verb === 'reservations') {
      const price = product.price! * body.units;
      const [points] = this.wallet.balances;
      if (this.wallet.frozen) return problem(409, 'wallet-frozen');
      if (product.stock < body.units) return problem(409, 'sold-out');
      if (price > points.available) return problem(409, 'too-little');
      product.stock -= body.units;
      points.available -= price;
      points.held += price;
      const until = new Date(Date.now() + this.reserved_ms).toISOString();
      const id = `rsv_${++this.made}`;
      const made = { id, product: product.id, units: body.units, price, state: 'reserved', until };
      this.reservations.push(made);
      this.wallet.tell();
      return say(201, made);
    }
    if (!own?.available) return problem(409, 'too-little');
    this.gain(product, -1);
    if (verb === 'gifts') {
      this.wallet.tell();
      return say(201, { to: body.to, units: body.units });
    }
    const claimed: Claimed = {
      id: `vch_${++this.made}`,
      product: product.id,
      name: product.name,
      state: 'claimed',
      code: 'ABCD-EFGH-JK42',
      valid_until: product.valid_until,
      claimed_at: new Date().toISOString(),
      redeemed_at: null,
    };
    this.claimed.unshift(claimed);
    this.wallet.tell();
    say(201, claimed);
  }

  private ofReservation(verb: string, reservation: any, { say }: Asked): void {
    const product = this.products.find((it) => it.id === reservation.product)!;
    const [points] = this.wallet.balances;
    if (reservation.state === 'reserved') {
      const isLate = Date.parse(reservation.until) < Date.now();
      reservation.state = isLate ? 'expired' : verb === 'confirm' ? 'bought' : 'released';
      points.held -= reservation.price;
      points.available += reservation.price;
      if (reservation.state === 'bought') {
        this.gain(product, reservation.units);
        if (product.left !== null) product.left -= reservation.units;
        this.pay(-reservation.price, product.name);
      } else {
        product.stock += reservation.units;
        this.wallet.tell();
      }
    }
    say(200, reservation);
  }

  /** No code that a till could read: as many modules as one has. */
  private draw(id: string, { say }: Asked): void {
    const size = 29;
    const round = ++this.made;
    const isDark = (x: number, y: number) => {
      const corner = (a: number, b: number) => Math.max(Math.abs(x - a), Math.abs(y - b));
      const near = Math.min(corner(3, 3), corner(size - 4, 3), corner(3, size - 4));
      return near < 5 ? near < 2 || near === 3 : (x * 7 + y * 13 + x * y * round) % 5 < 2;
    };
    const rows = Array.from({ length: size }, (_, y) =>
      Array.from({ length: size }, (_, x) => Number(isDark(x, y))).join(''),
    );
    const until = new Date(Date.now() + this.qr_ms).toISOString();
    say(200, { text: `https://live.example.com/redeem#${id}`, until, size, rows });
  }

  private look(id: string | undefined, verb: string | undefined, { say, stream }: Asked): void {
    const shown = (it: Market) => ({ ...it, bid: this.bids[0]?.[0] ?? null, ask: this.asks[0]?.[0] ?? null });
    if (!id) return say(200, { items: this.markets.map(shown) });
    const depth = { seq: this.seq, bids: this.bids, asks: this.asks };
    if (!verb) return say(200, { ...shown(this.markets.find((it) => it.id === id)!), depth, trades: this.trades });
    stream((write) => {
      write('depth', depth);
      this.streams.add(write);
      return () => this.streams.delete(write);
    });
  }

  /** How the market answers next in place of what it would; taken once. */
  next?: Record<string, unknown>;

  private order(of: Market, body: any, { say, problem }: Asked): void {
    if (of.state !== 'open') return problem(409, `market-${of.state}`);
    if (this.next) {
      const { next } = this;
      this.next = undefined;
      return say(201, { id: 'ord_x', market: of.id, ...body, filled: 0, left: body.quantity, fills: [], ...next });
    }
    const isBuy = body.side === 'buy';
    const product = this.products.find((it) => it.id === of.product)!;
    const fills: { price: number; quantity: number }[] = [];
    let left = body.quantity;
    for (const [price, quantity] of [...(isBuy ? this.asks : this.bids)]) {
      if (!left || (isBuy ? price > body.price : price < body.price)) break;
      const much = Math.min(left, quantity);
      fills.push({ price, quantity: much });
      left -= much;
      this.change([isBuy ? 'ask' : 'bid', price, quantity - much]);
      this.trade(price, much, body.side);
    }
    const paid = fills.reduce((sum, it) => sum + it.price * it.quantity, 0);
    const state = !left ? 'filled' : body.time_in_force === 'gtc' ? 'resting' : 'cancelled';
    const { side, type, price, quantity } = body;
    const id = `ord_${++this.made}`;
    const filled = quantity - left;
    const made = { id, market: of.id, side, type, price, quantity, filled, left, state, fills };
    this.orders.push(made);
    if (state === 'resting') this.change([isBuy ? 'bid' : 'ask', price, left]);
    if (filled) this.gain(product, isBuy ? filled : -filled);
    this.pay(isBuy ? -paid : paid);
    say(201, made);
  }

  private amend(order: any, { price, quantity }: any, { say }: Asked): void {
    const side = order.side === 'buy' ? 'bid' : 'ask';
    this.change([side, order.price, 0]);
    Object.assign(order, { price, quantity, left: quantity - order.filled });
    this.change([side, order.price, order.left]);
    this.wallet.tell();
    say(200, order);
  }

  private cancel(id: string | undefined, { say }: Asked): void {
    const gone = this.orders.filter((it) => it.state === 'resting' && (!id || it.id === id));
    for (const it of gone) {
      it.state = 'cancelled';
      this.change([it.side === 'buy' ? 'bid' : 'ask', it.price, 0]);
    }
    this.wallet.tell();
    say(200, { cancelled: gone.length });
  }
}
