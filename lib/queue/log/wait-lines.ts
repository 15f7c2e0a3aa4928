import type { Missing, WaitEvent } from '../events.js';
import { type Line, type Place, warn } from './line.js';

/** The line of an event that tells of a wait in vain. */
export function waitLine(event: WaitEvent, place: Place): Line {
  switch (event.kind) {
    case 'unanswered':
      return unansweredLine(event.what, event.seconds, place);
    case 'no-room': {
      const { messages, bytes, seconds } = event;
      return warn(
        { ...place, messages, bytes, seconds },
        `callers wait for room in this queue, and none has got any for ${seconds} s: ${messages} messages (${bytes} bytes) that were put here before are not on their way yet. Where no other warning says what keeps the group from deciding, the network or a disk is too slow for as much: call less at a time, or limit the wait (timeoutMs, signal).`,
      );
    }
    case 'time-ahead': {
      const { decidedMs, aheadMs } = event;
      const until = new Date(Math.min(decidedMs, LATEST_DATE_MS)).toISOString();
      return warn(
        { ...place, decidedMs, aheadMs },
        `decided time, which operations see, is ${Math.round(aheadMs / 1000)} s ahead of the clock of this process: it stands still at ${until} or goes on slower than the clocks until they have reached it, or this clock is slow. Compare this clock with those of the other replicas and set all of them right, by NTP for example. If this one is right, a clock was in the future when operations were put: decided time cannot be taken back; wait, or restore a backup made before.`,
      );
    }
    case 'clock-strays':
      return warn(
        { process: event.process, offsetMs: event.offsetMs },
        'the clock of this process is off the median of all clocks of the group: set it right, by NTP for example',
      );
  }
}

/** The latest that a Date can hold, in milliseconds since 1970. */
const LATEST_DATE_MS = 8.64e15;

function unansweredLine(what: Missing, seconds: number, place: Place): Line {
  const facts = { ...place, ...what, seconds };
  const check = `see that these run, and that UDP and TCP get through between them and this process in both directions, ${place.interface}`;
  switch (what.kind) {
    case 'decisions':
      return warn(
        facts,
        `${what.until - what.from} instances that others have decided, from ${what.from} on, are lacking here, and nobody has sent any for ${seconds} s: what is executed and read here waits. Of the replicas that have them, ${check}.`,
      );
    case 'chunks':
      return warn(
        facts,
        `a checkpoint is being fetched, ${what.stored} of ${what.chunks} chunks are here, and nobody has sent any for ${seconds} s. It was offered by ${what.sources.join(', ')}: ${check}.`,
      );
    case 'entries':
    case 'checkpoint': {
      const damage =
        what.kind === 'entries'
          ? `the log is damaged here at instances ${what.from} to ${what.end - 1}`
          : 'the checkpoint that the state is to be restored from is lost here';
      const asked = what.asked.length === 0 ? 'there is nobody to ask' : `asked were ${what.asked.join(', ')}`;
      return warn(
        facts,
        `${damage}, and nobody has sent it for ${seconds} s (${asked}): nothing is executed here meanwhile. Start the other replicas; of those that run, ${check}. If no other replica has it any more, restore a backup.`,
      );
    }
  }
}
