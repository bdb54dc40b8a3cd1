// A small match for tests that say themselves what happens.
import type { Crease } from './fixtures';

export const HOME = 'Fernhill';
export const AWAY = 'Marlow Green';

/** A match of two small sides. */
export class ClubMatch {
  private sent = 0;

  private constructor(
    private readonly crease: Crease,
    readonly id: string,
  ) {}

  /** One that has not begun. */
  static async announce(crease: Crease): Promise<ClubMatch> {
    const side = (name: string, players: string[]) => ({ name, players });
    const id = await crease.createMatch({
      source_match_id: `club-${Date.now()}-${Math.random()}`,
      format: 't20',
      competition: 'Club Cup',
      venue: 'Mill Lane',
      teams: [side(HOME, ['Asha Vale', 'Bram Holt', 'Cai Rowan']), side(AWAY, ['Dev Marsh', 'Ed Lark', 'Flo Quill'])],
    });
    return new ClubMatch(crease, id);
  }

  /** One whose first innings, the home side's, has begun. */
  static async begin(crease: Crease): Promise<ClubMatch> {
    const match = await ClubMatch.announce(crease);
    await match.send({ type: 'innings_start', team: HOME });
    return match;
  }

  /** Bowls a ball off which so many runs (an even number: nobody changes ends) are run. */
  async score(runs: number): Promise<void> {
    await this.send(ClubMatch.ball(HOME, { runs }));
  }

  /** A ball that a side's first pair faces. */
  static ball(batting: string, more: Record<string, unknown>): Record<string, unknown> {
    const [striker, non_striker, bowler] =
      batting === HOME ? ['Asha Vale', 'Bram Holt', 'Dev Marsh'] : ['Dev Marsh', 'Ed Lark', 'Asha Vale'];
    return { type: 'ball', striker, non_striker, bowler, ...more };
  }

  /** Sends commands, each of which has to be accepted. */
  async send(...commands: Record<string, unknown>[]): Promise<void> {
    const batch = commands.map((command) => ({ id: `c${this.sent++}`, command }));
    const { answers } = await this.crease.send(this.id, batch);
    const refused = answers.filter((it) => it.status !== 'accepted');
    if (refused.length) throw new Error(JSON.stringify(refused));
  }
}
