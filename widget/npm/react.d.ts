import type { CSSProperties, ReactElement } from "react";
import type { CreaseEvent, MatchOptions, RewardsOptions, WalletOptions } from "./index.js";

/** Custom properties, `--crease-accent` and so on, beside what React knows. */
export type CreaseStyle = CSSProperties & { [property: `--crease-${string}`]: string | number };

export interface CreaseMatchProps extends Omit<MatchOptions, "key"> {
  /** Another publishable key than the page's; the element's `key`, a word that React keeps for itself. */
  apiKey?: string;
  className?: string;
  style?: CreaseStyle;
  onReady?(event: CreaseEvent): void;
  onBall?(event: CreaseEvent): void;
  onWicket?(event: CreaseEvent): void;
  onResult?(event: CreaseEvent): void;
  onError?(event: CreaseEvent): void;
}

/** A match; it needs the loader on the page: `load({ host, key })` of "crease-match", or the script tag. */
export function CreaseMatch(props: CreaseMatchProps): ReactElement;

export interface CreaseWalletProps extends Pick<WalletOptions, "view" | "theme" | "lang"> {
  /** Where who is not signed in can do so; without it nothing is shown to them. */
  signinHref?: string;
  className?: string;
  style?: CreaseStyle;
}

/** The fan's points, and what is in the wallet; it needs `loadWallet({ host, key })` of "crease-match", or the script tag. */
export function CreaseWallet(props: CreaseWalletProps): ReactElement;

export interface CreaseRewardsProps extends Pick<RewardsOptions, "theme" | "lang"> {
  /** Where who is not signed in can do so; without it they read what they would have to do. */
  signinHref?: string;
  className?: string;
  style?: CreaseStyle;
}

/** What the fan earns, and what is had for it; it needs `loadWallet({ host, key })` of "crease-match", or the script tag. */
export function CreaseRewards(props: CreaseRewardsProps): ReactElement;
