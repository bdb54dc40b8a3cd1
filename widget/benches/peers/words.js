// What both peers show of a snapshot, as plain data: the views of `<crease-match view="full">` but for what that loads later. They do not fold
// balls: after each update they ask for the snapshot again, which a peer of this size would do.

const percent = (part, whole, per) => (whole ? ((part * per) / whole).toFixed(2) : "–");
const overs = ({ overs = 0, over_balls = 0 }) => `${overs}.${over_balls}`;
const score = ({ runs = 0, wickets = 0, end }) => (end === "all out" ? `${runs}` : `${runs}/${wickets}`);

const label = ({ r = 0, bd, x = {}, w = [] }) => {
  if (w.length) return ["W", "wicket"];
  if (x.w) return [`${r + x.w}wd`, "extra"];
  if (x.nb) return [`${r + x.nb}nb`, "extra"];
  if (x.lb) return [`${x.lb}lb`, "extra"];
  if (x.b) return [`${x.b}b`, "extra"];
  if (bd) return [String(r), bd === "6" ? "six" : "four"];
  return r ? [String(r), "run"] : ["•", "dot"];
};

export const words = ({ state }) => {
  const { setup, innings = [], phase = "upcoming" } = state;
  const { teams, players, balls_per_over: per = 6 } = setup;
  const latest = innings.at(-1);
  const name = (player = 0) => players[player].name;
  const side = ({ batting = "home" }) => (batting === "home" ? 0 : 1);
  const batting = latest ? teams[side(latest)].name : "";
  const needed = latest?.target ? latest.target.runs - (latest.runs ?? 0) : 0;
  return {
    title: [setup.competition, setup.stage].filter(Boolean).join(" · "),
    place: [setup.venue, setup.date].filter(Boolean).join(" · "),
    badge: phase === "play" ? "Live" : phase,
    teams: teams.map((team, at) => {
      const own = innings.filter((it) => side(it) === at);
      return { ...team, score: own.map(score).join(" & "), overs: own.length ? `${overs(own.at(-1))} ov` : "" };
    }),
    status: needed > 0 ? `${batting} need ${needed} runs` : batting && `${batting} are batting`,
    over: (latest?.recent ?? []).filter((it) => (it.o ?? 0) === (latest.overs ?? 0)).map((it) => label(it.ball)),
    batters: (latest?.batters ?? [])
      .filter((it) => (it.state ?? "batting") === "batting" && [latest.striker, latest.non_striker].includes(it.p ?? 0))
      .map((it) => [name(it.p), it.runs ?? 0, it.balls ?? 0, it.fours ?? 0, it.sixes ?? 0, percent(it.runs ?? 0, it.balls, 100)]),
    bowlers: (latest?.bowlers ?? [])
      .filter((it) => (it.p ?? 0) === (latest.bowler ?? latest.last_bowler))
      .map((it) => [name(it.p), overs(it), it.maidens ?? 0, it.runs ?? 0, it.wickets ?? 0, percent(it.runs ?? 0, (it.overs ?? 0) * per + (it.over_balls ?? 0), per)]),
    rate: latest ? percent(latest.runs ?? 0, (latest.overs ?? 0) * per + (latest.over_balls ?? 0), per) : "",
    lines: (latest?.recent ?? [])
      .map((it) => ({ over: `${it.o ?? 0}.${it.n ?? 0}`, label: label(it.ball), text: `${name(it.ball.b)} to ${name(it.ball.s)}` }))
      .reverse(),
  };
};

/** Follows the match of the page's script tag; calls `show` with its words each time they change. */
export const follow = (show) => {
  const script = document.querySelector("script[data-match]");
  const { key, match } = script.dataset;
  const base = new URL("../matches/", script.src) + match;
  const source = new EventSource(`${base}/stream?key=${key}`);
  const ask = async () => show(words(await (await fetch(`${base}?key=${key}`)).json()));
  source.addEventListener("snapshot", (event) => show(words(JSON.parse(event.data))));
  source.addEventListener("ball", ask);
  source.addEventListener("state", ask);
};
