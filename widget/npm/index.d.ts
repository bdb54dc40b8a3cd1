/** What an element takes; each is an attribute and may change at any time. */
export interface MatchOptions {
  /** `mat_…` */
  match: string;
  /** `compact`: one line of teams and status; `card`, the default: and the over and who plays; `full`: and ball by ball, scorecard. */
  view?: "compact" | "card" | "full";
  /** `auto`, the default: as the reader's system. */
  theme?: "auto" | "light" | "dark";
  /** How the commentary is told: `plain`, the default, or a tone that there is in the language, such as `hype`. A fan's choice comes before it. */
  tone?: string;
  /** `en`, `hi`, `bn`, `ta`, `te`, `mr`, `ur`; a region may follow. The page's own where it is left out. A fan's choice comes before it. */
  lang?: string;
  /** Another publishable key than the page's. */
  key?: string;
  /** The token of an editors' link: their draft in the place of what is published. */
  preview?: string;
}

/** What a wallet's element takes; each is an attribute and may change at any time. */
export interface WalletOptions {
  /** Where who is not signed in can do so; without it nothing is shown to them. */
  "signin-href"?: string;
  /** `compact`: the number alone. */
  view?: "compact";
  theme?: "auto" | "light" | "dark";
  lang?: string;
}

/** What the rewards' element takes; each is an attribute and may change at any time. */
export interface RewardsOptions {
  /** Where who is not signed in can do so; without it they read what they would have to do. */
  "signin-href"?: string;
  theme?: "auto" | "light" | "dark";
  lang?: string;
}

export type CreaseEventName = "ready" | "ball" | "wicket" | "result" | "error" | "fan" | "wallet";

/** Who is signed in: a token that your server signed, a function that fetches one (asked again before it ends), `guest`, or null for nobody. */
export type FanToken = string | (() => string | null | Promise<string | null>) | "guest" | null;

/** For whom the page acts, as Crease knows it. */
export interface CreaseFan {
  /** `fan_…`, the same for the same user of yours; `guest_…`. */
  id: string;
  kind: "signed" | "guest";
  /** What your server calls the fan, if it does. */
  name?: string;
}

/** What an event carries. */
export interface CreaseDetail {
  /** The update's number in the match; 0 where the widget does not run. */
  seq: number;
  /** When the server accepted it, milliseconds since 1970; 0 where the widget does not run. */
  t: number;
  /** How a wicket fell, which result, what went wrong; else empty. */
  text: string;
}

export type CreaseEvent = CustomEvent<CreaseDetail>;

/** An identity was accepted; or `fan` is null: `text` says why it was refused, or is empty where the page named nobody. */
export type CreaseFanEvent = CustomEvent<CreaseDetail & { fan: CreaseFan | null }>;

/** What a fan has of an asset, in units of its smallest part: `units` with what is held, `places` decimal places. */
export interface Balance {
  /** `points`, `coins`, `inr`, `usd`; others may come. */
  asset: string;
  units: number;
  available: number;
  held: number;
  places: number;
}

/** The wallet is there, or has changed. It is dispatched on the document. */
export type CreaseWalletEvent = CustomEvent<CreaseDetail & { balances: Balance[]; frozen: boolean }>;

/** `window.Crease`, once the loader has run. */
export interface Crease {
  readonly version: string;
  /** Runs what is pushed; a page may make `window.Crease = { q: [] }` itself before the loader is there. */
  readonly q: { push(run: () => void): void };
  mount(place: Element, options: MatchOptions): HTMLElement;
  unmount(place: Element): void;
  identify(fan: FanToken): Promise<CreaseFan | null>;
  on(name: "fan", run: (event: CreaseFanEvent) => void): () => void;
  on(name: "wallet", run: (event: CreaseWalletEvent) => void): () => void;
  on(name: CreaseEventName, run: (event: CreaseEvent) => void): () => void;
}

/** Where Crease is, as `https://live.example.com`, and the page's publishable key, `crs_pk_…`. */
export interface LoadOptions {
  host: string;
  key: string;
}

export function load(options: LoadOptions): Promise<Crease>;
/** Brings `<crease-wallet>` and `<crease-rewards>`, with or without `load`; resolves when elements of these names come alive. */
export function loadWallet(options: LoadOptions): Promise<void>;
export function mount(place: Element, options: MatchOptions): HTMLElement;
export function unmount(place: Element): void;
export function identify(fan: FanToken): Promise<CreaseFan | null>;
export function on(name: "fan", run: (event: CreaseFanEvent) => void): () => void;
export function on(name: "wallet", run: (event: CreaseWalletEvent) => void): () => void;
export function on(name: CreaseEventName, run: (event: CreaseEvent) => void, target?: EventTarget): () => void;

declare global {
  interface Window {
    Crease?: Crease;
  }
  interface DocumentEventMap {
    "crease:fan": CreaseFanEvent;
    "crease:wallet": CreaseWalletEvent;
  }
  interface HTMLElementEventMap {
    "crease:ready": CreaseEvent;
    "crease:ball": CreaseEvent;
    "crease:wicket": CreaseEvent;
    "crease:result": CreaseEvent;
    "crease:error": CreaseEvent;
  }
}
