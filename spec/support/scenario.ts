/**
 * Scenarios: scripts of what befalls a group of cores in memory, with the transcript that each step must give. A file of
 * `spec/scenarios` is made of comments, which begin with `#`, and of blocks: commands, a line `----`, and everything that
 * happens while they are carried out, up to an empty line.
 *
 * A line of a transcript says when, who and what: `3t+1` is one message delay after the third tick of the block, `p1 > all`
 * what p1 sends to all others in one message, `p1 p2` what both do alike, `(lost p3)` who does not hear of it. In a turn
 * a process sends what needs no disk, writes, sends what rests on what it has written, and decides, in this order.
 * Batches are shown as their contents; the rest is the language of `lib/paxos/wire/describe.ts`.
 *
 * The clocks stand still unless a command lets them tick:
 *
 *     group 3 classic               three processes that have founded their group, in mode classic, fast or adaptive
 *     processes 3 classic           the same before they found it
 *     propose p1 a                  p1 proposes a batch that carries `a`
 *     read p2                       p2 is asked for a linearizable read; it is served where the transcript says `reads`
 *     deliver [2]                   message delays pass
 *     settle                        message delays pass until nothing is under way
 *     tick [p1,p2] [5]              the clocks of all, or of some, tick so often; what comes of a tick is settled
 *     until p1 decides a            clocks tick and messages arrive until `p1 decides a`, `all decide a`, `p1 coordinates`
 *     stand p2                      p2 finds the coordinator silent, the other followers are about to, and p2 asks them
 *     lose p1>p2,p3 accept batch    such messages are lost; `*` is everyone, without a kind it is every message
 *     cut p1 p3 | cut p1,p2         nothing passes between two, or between these and all others
 *     heal                          nothing is lost any more
 *     hold p1>p3 accept | release   such messages stay under way | until now: they arrive
 *     crash p1 [before-votes]       p1 dies; or the next time that it would do this: before-persist, -votes, -delivery
 *     restart p1                    what p1 has written comes back
 *     cut-log p1,p2               they have checkpoints of all that they know to be decided, and cut their logs below
 *     join p4                       a process comes that has no ledger and may found nothing
 *     slow-disk p2 3                every commit of p2 takes three message delays
 *     disk p1,p2                    what is on their disks
 *     decided                       what each knows to be decided, and has delivered
 *     show heartbeat heard          these messages appear in the transcript too
 *     quietly tick 20               any command, without transcript
 */
import { Stage } from './scenario-stage.js';

const RULE = '----';

/**
 * Carries out the scenario in `text` and returns it with the transcripts that it gives. Throws an error that names `file`
 * and the line when a command cannot be carried out, or when the group does what it must not do.
 */
export function playScenario(file: string, text: string): string {
  const stage = new Stage();
  const played: string[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    if (isComment(line)) {
      played.push(line);
      continue;
    }
    stage.beginBlock();
    for (; !isBlank(lines[i]) && lines[i] !== RULE; i += 1) {
      const command = lines[i] ?? '';
      played.push(command);
      if (!isComment(command)) perform(stage, command, `${file}:${i + 1}`);
    }
    while (!isBlank(lines[i])) i += 1;
    played.push(RULE, ...stage.take(), ...lines.slice(i, i + 1));
  }
  return played.join('\n');
}

function perform(stage: Stage, command: string, place: string): void {
  try {
    stage.run(command);
  } catch (error) {
    throw new Error(`${place}: ${command}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}

function isComment(line: string): boolean {
  return isBlank(line) || line.startsWith('#');
}
