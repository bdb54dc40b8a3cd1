// What was earned, and what can be.

class Earned extends Part {
  constructor(view) {
    super(view, "EARNED", "rewards");
    const { say } = view;
    Object.assign(this, section(view, say("EARNED_LATELY")), { outer: this.box });
    this.none = nothing(view, "star", say("EARNED_NONE"), say("EARNED_NONE_WHY"));
    this.body.append(this.box, this.none);
    this.box = this.outer;
  }

  fill({ earned = [], tier }) {
    this.view.rank(tier);
    this.none.hidden = earned.length > 0;
    this.list.parentElement.hidden = !earned.length;
    fill(
      this.list,
      earned,
      ({ id }) => id,
      (it) => this.row(it),
    );
  }

  row({ title, units, state, earned_at: at }) {
    const { view } = this;
    const { element } = view.tools;
    const when = Object.assign(element("time", "", view.speech.when(Date.parse(at))), { dateTime: at });
    const sub = element("span", "soft", when);
    const word = { earned: "COMING", refused: "REFUSED", taken: "TAKEN" }[state];
    if (word) sub.append(" \u00b7 ", element("b", "state", view.say(word)));
    const icon = view.icon({ earned: "clock", taken: "back" }[state] ?? "star");
    const change = element("b", "change", view.speech.amount("points", units, 0, "exceptZero"));
    return element("li", `row ${state}`, icon, element("div", "texts", view.foreign("b", "", title), sub), change);
  }
}

class Missions extends Part {
  constructor(view) {
    super(view, "MISSIONS", "rewards");
    const { element } = view.tools;
    this.list = element("ul", "cards");
    this.list.setAttribute("aria-label", view.say("MISSIONS"));
    this.none = nothing(view, "star", view.say("MISSIONS_NONE"), view.say("MISSIONS_NONE_WHY"));
    this.body.append(this.list, this.none);
  }

  fill({ missions = [], tier }) {
    this.view.rank(tier);
    this.none.hidden = missions.length > 0;
    this.list.hidden = !missions.length;
    fill(
      this.list,
      missions,
      ({ campaign, rule }) => `${campaign} ${rule}`,
      (it) => this.card(it),
    );
  }

  card({ title, units, done, of, bonus, earned_today: today, left_today: left, ends_at: end }) {
    const { view } = this;
    const { say, tools, speech } = view;
    const { element } = tools;
    const name = element("div", "texts", view.foreign("b", "", title));
    const prize = element("b", "prize", tools.icon("points"), `+${view.number(units)}`);
    const card = element("li", "card", element("div", "top", name, prize));
    if (of > 1) {
      const text = say("DONE_OF", view.number(Math.min(done, of)), view.number(of));
      // Few steps are seen one by one.
      const steps = of > 10 ? 1 : of;
      const bars = Array.from({ length: steps }, (_, at) => {
        const bar = element("span", "bar");
        bar.style.setProperty("--share", Math.min(Math.max((done / of) * steps - at, 0), 1));
        return bar;
      });
      const progress = element("div", "progress", ...bars);
      const set = { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": of, "aria-valuenow": Math.min(done, of) };
      for (const [key, value] of Object.entries({ ...set, "aria-valuetext": text, "aria-label": title })) {
        progress.setAttribute(key, value);
      }
      const then = bonus > 0 ? ` \u00b7 ${say("BONUS", view.number(bonus))}` : "";
      card.append(progress, element("span", "soft", `${text}${then}`));
    }
    const facts = [
      today > 0 && say("TODAY", view.number(today)),
      left === 0 ? say("TODAY_OVER") : left > 0 && say("TODAY_LEFT", view.number(left)),
      end && speech.say("UNTIL", speech.day(Date.parse(end))),
    ];
    card.append(element("div", "facts", ...facts.filter(Boolean).map((it) => element("span", "", it))));
    return card;
  }
}
