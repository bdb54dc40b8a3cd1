// A recorded match as a feed would send it, with the score that each ball must lead to. The score is added up here, from the file alone, so
// that the page is compared with something that no code of ours has computed.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Sent } from './fixtures';

const FOLDER = resolve(import.meta.dirname ?? __dirname, '../../shared/data/cricsheet');

interface Delivery {
  batter: string;
  non_striker: string;
  bowler: string;
  runs: { batter: number; extras: number; total: number; non_boundary?: boolean };
  extras?: { wides?: number; noballs?: number; byes?: number; legbyes?: number; penalty?: number };
  wickets?: { player_out: string; kind: string; fielders?: { name?: string; substitute?: boolean }[] }[];
}

interface Innings {
  team: string;
  overs: { over: number; deliveries: Delivery[] }[];
}

interface File {
  info: { teams: string[]; players: Record<string, string[]>; overs: number; venue: string; dates: string[] };
  innings: Innings[];
}

/** A command, and what a scoreboard shows after it. */
export interface Step {
  sent: Sent;
  /** "176/6" for the side that bats; all out is "176". */
  score: string;
  isBall: boolean;
}

export interface RecordedMatch {
  /** The body of `POST /v1/feed/matches`. */
  setup: Record<string, unknown>;
  /** Who bats in it. */
  batting: string;
  /** The first innings, from its start to its last ball. */
  firstInnings: Step[];
}

/** Reads a match by its Cricsheet id; none where the recorded matches are not beside the project. */
export function recordedMatch(id: string): RecordedMatch | undefined {
  const path = resolve(FOLDER, `${id}.json`);
  if (!existsSync(path)) return undefined;
  const file = JSON.parse(readFileSync(path, 'utf8')) as File;
  const teams = file.info.teams.map((name) => ({ name, players: file.info.players[name] }));
  const setup = {
    source_match_id: `${id}-${Date.now()}`,
    format: 't20',
    overs: file.info.overs,
    teams,
    venue: file.info.venue,
    date: file.info.dates[0],
  };
  return { setup, batting: file.innings[0].team, firstInnings: steps(file.innings[0]) };
}

function steps(innings: Innings): Step[] {
  const start = { id: 'start', command: { type: 'innings_start', team: innings.team } };
  const all: Step[] = [{ sent: start, score: '0/0', isBall: false }];
  let runs = 0;
  let wickets = 0;
  for (const { over, deliveries } of innings.overs) {
    deliveries.forEach((delivery, at) => {
      runs += delivery.runs.total;
      wickets += (delivery.wickets ?? []).filter((it) => !/^retired (hurt|not out)$/.test(it.kind)).length;
      const sent = { id: `${over}.${at}`, command: ball(over, delivery) };
      all.push({ sent, score: wickets === 10 ? `${runs}` : `${runs}/${wickets}`, isBall: true });
    });
  }
  return all;
}

function ball(over: number, delivery: Delivery): Record<string, unknown> {
  const { batter, extras = {}, runs } = { ...delivery, extras: delivery.extras };
  const hit = runs.batter === 4 ? 'four' : runs.batter === 6 ? 'six' : undefined;
  return {
    type: 'ball',
    over,
    striker: batter,
    non_striker: delivery.non_striker,
    bowler: delivery.bowler,
    runs: runs.batter,
    ...(hit && !runs.non_boundary ? { boundary: hit } : {}),
    extras: {
      wides: extras.wides ?? 0,
      no_balls: extras.noballs ?? 0,
      byes: extras.byes ?? 0,
      leg_byes: extras.legbyes ?? 0,
      penalty: extras.penalty ?? 0,
    },
    wickets: (delivery.wickets ?? []).map((it) => ({
      player: it.player_out,
      kind: it.kind.replaceAll(' ', '_'),
      fielders: (it.fielders ?? []).map((fielder) => ({ name: fielder.name, substitute: fielder.substitute ?? false })),
    })),
  };
}
