// Where vouchers change hands: what it needs is brought when it is opened.

let marketPart;
let marketAgain = "";

const bringMarket = () =>
  (marketPart ??= import(new URL(`market.js${marketAgain}`, import.meta.url)).catch(() => {
    marketPart = undefined;
    marketAgain += "?";
    throw { word: "offline" };
  }));

class Market extends Part {
  constructor(view) {
    super(view, "MARKET", "markets");
  }

  async ask() {
    const { market } = await bringMarket();
    this.books ??= await market(this, { Step, ask, facts, fill, newKey, nothing, section, sentence });
    return this.books.ask(await super.ask());
  }

  fill(data) {
    this.books.fill(data);
  }

  leave() {
    this.books?.leave();
  }
}
