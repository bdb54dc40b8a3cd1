// A small match for tests that say themselves what happens.
import type { Crease, Sent } from './fixtures';

/** Announces a match of two small sides whose first innings has begun; `score` adds runs to it. */
export class ClubMatch {
  private balls = 0;

  private constructor(
    private readonly crease: Crease,
    readonly id: string,
  ) {}

  static async begin(crease: Crease): Promise<ClubMatch> {
    const side = (name: string, players: string[]) => ({ name, players });
    const id = await crease.createMatch({
      source_match_id: `club-${Date.now()}-${Math.random()}`,
      format: 't20',
      teams: [side('Fernhill', ['Asha Vale', 'Bram Holt', 'Cai Rowan']), side('Marlow Green', ['Dev Marsh', 'Ed Lark', 'Flo Quill'])],
    });
    const match = new ClubMatch(crease, id);
    await match.send({ id: 'start', command: { type: 'innings_start', team: 'Fernhill' } });
    return match;
  }

  /** Bowls a ball off which so many runs (an even number: nobody changes ends) are run. */
  async score(runs: number): Promise<void> {
    const ball = { type: 'ball', striker: 'Asha Vale', non_striker: 'Bram Holt', bowler: 'Dev Marsh', runs };
    await this.send({ id: `ball-${this.balls++}`, command: ball });
  }

  private async send(command: Sent): Promise<void> {
    const { answers } = await this.crease.send(this.id, [command]);
    if (answers[0].status !== 'accepted') throw new Error(JSON.stringify(answers));
  }
}
