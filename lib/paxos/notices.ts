import type { Logger } from 'pino';
import type { Notice } from '../consensus/effects.js';
import { showBallot } from '../model/ballot.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Instance, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';

/** Who is missing for the group to be founded or to work. */
export type AttendanceNotice =
  /** `found` counts this process. */
  | { readonly kind: 'awaiting-founders'; readonly found: number; readonly replicas: number }
  /** The group on this address has been founded without this process. */
  | { readonly kind: 'awaiting-place' }
  | {
      readonly kind: 'no-quorum';
      readonly members: number;
      /** How many of them are heard, this process included where it is one. */
      readonly heard: number;
      readonly needed: number;
      readonly missing: readonly ProcessId[];
    }
  /** After `no-quorum`: somebody coordinates again. */
  | { readonly kind: 'quorum'; readonly members: number };

/** What becomes of the checkpoints of this process. */
export type CheckpointNotice =
  | { readonly kind: 'checkpoint-made'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'checkpoint-failed'; readonly error: unknown }
  /** None could be made since the last that failed; `messages` are in the log alone. */
  | { readonly kind: 'checkpoint-overdue'; readonly error: unknown; readonly messages: number }
  /** The one that is being made gets no further: `step` is what it is at. */
  | { readonly kind: 'checkpoint-quiet'; readonly step: string; readonly seconds: number }
  | { readonly kind: 'checkpoint-source-damaged'; readonly error: unknown }
  | { readonly kind: 'states-differ'; readonly facts: object };

/** What this process lacks and has asked others for. */
export type Awaited =
  /** Below `until` others have decided. */
  | { readonly kind: 'decisions'; readonly from: Instance; readonly until: Instance }
  | {
      readonly kind: 'chunks';
      readonly stored: number;
      readonly chunks: number;
      /** Who has offered them. */
      readonly sources: readonly ProcessId[];
    }
  /** Of the log, where it is damaged here; `end` is the first instance that is not. */
  | { readonly kind: 'entries'; readonly from: Instance; readonly end: Instance; readonly asked: readonly ProcessId[] }
  /** In place of the one that is lost here. */
  | { readonly kind: 'checkpoint'; readonly asked: readonly ProcessId[] };

/** Something that is waited for and has got no further for so many seconds. */
export type WaitNotice =
  | { readonly kind: 'unanswered'; readonly what: Awaited; readonly seconds: number }
  /** Callers wait until something of the `messages` and `bytes` that are pending here becomes a batch. */
  | { readonly kind: 'no-room'; readonly messages: number; readonly bytes: number; readonly seconds: number }
  /** Decided time, in milliseconds since 1970, is ahead of this process's clock. */
  | { readonly kind: 'time-ahead'; readonly decidedMs: number; readonly aheadMs: number };

export type QueueNotice = Notice | AttendanceNotice | CheckpointNotice | WaitNotice;

/** Where a queue is, for people. */
export interface Place {
  readonly queue: string;
  /** The interface, and where on it this process is reached. */
  readonly interface: string;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly level: Level;
  readonly facts: object;
  readonly text: string;
}

/** Says in the log what has been noticed. */
export function logNotice(log: Logger, notice: QueueNotice, place: Place): void {
  const { level, facts, text } = lineOf(notice, place);
  log[level](facts, text);
}

/** What a notice reads like. */
export function lineOf(notice: QueueNotice, place: Place): Line {
  switch (notice.kind) {
    case 'founded': {
      const facts = { ...place, group: notice.group, members: notice.view.members };
      if (notice.part === 'member') return info(facts, 'the group is founded');
      if (notice.part === 'observer') return warn(facts, 'this process takes part in the group without a vote');
      return warn(facts, 'the group has been founded without this process, which waits and takes no part');
    }
    case 'replicas-differ': {
      const { process, replicas } = notice;
      return error({ ...place, process, replicas }, 'a process was started for another number of replicas');
    }
    case 'bases-differ': {
      const { process, base, own } = notice;
      return error({ ...place, process, base, own }, 'a process, or its group, has begun from another backup');
    }
    case 'borders-differ': {
      const { process, borderInstances, own } = notice;
      return error({ ...place, process, borderInstances, own }, 'a process, or its group, has another border constant');
    }
    case 'awaiting-signatures':
      return warn(
        { ...place, missing: notice.missing },
        'the group cannot be founded until these processes have signed: start them again',
      );
    case 'dissolved': {
      const { group, isDead } = notice;
      const how = isDead
        ? 'the founding did not come about: this process begins anew'
        : 'the group was founded after this process had given it up: it begins anew, without a vote';
      return error({ ...place, group, isDead }, how);
    }
    case 'votes-lost':
      return error(
        { ...place, group: notice.group },
        'this process is a member of a group that its ledger does not know',
      );
    case 'awaiting-group':
      return warn(
        place,
        'this process has lost an earlier ledger, and so founds no group: it waits for one to join; if none is left, restore a backup',
      );
    case 'reign':
      return debug({ ballot: showBallot(notice.ballot) }, 'this process wants to coordinate');
    case 'coordinator':
      return info({ ballot: showBallot(notice.ballot) }, 'this process coordinates');
    case 'resigned':
      return info({ ballot: showBallot(notice.ballot), why: notice.why }, 'this process coordinates no longer');
    case 'collision':
      return debug({ instance: notice.instance }, 'proposals have collided');
    case 'refused':
      return warn(
        { ...place, ...notice.counts, latest: notice.latest },
        'messages were refused that no process of this group and release sends: check what else uses the address of the queue',
      );
    case 'reigns-exhausted':
      return error(
        { ...place, reign: notice.reign },
        'this process cannot coordinate any more: somebody has used up the numbers of reigns; found the group anew from a backup',
      );
    case 'clock-strays':
      return warn(
        { process: notice.process, offsetMs: notice.offsetMs },
        'the clock of this process is off the median of all clocks of the group: set it right, by NTP for example',
      );
    case 'stuck':
      return debug({ instance: notice.instance }, 'an instance is recovered that was not decided in time');
    case 'awaiting-founders':
    case 'awaiting-place':
    case 'no-quorum':
    case 'quorum':
      return attendanceLine(notice, place);
    case 'unanswered':
    case 'no-room':
    case 'time-ahead':
      return waitLine(notice, place);
    default:
      return checkpointLine(notice, place);
  }
}

function attendanceLine(notice: AttendanceNotice, place: Place): Line {
  const where = `on ${place.queue} via ${place.interface}`;
  switch (notice.kind) {
    case 'awaiting-founders': {
      const { found, replicas } = notice;
      const text =
        found < replicas
          ? `${found} of ${replicas} processes found ${where}: start the others. Where they run, check that all have the same queue id and the same number of replicas, that each has a directory of its own, empty or restored from the same backup, and that multicast reaches them: networkInterface names the interface that they share, and no firewall on the way drops UDP to the queue's port, or UDP and TCP to the option port.`
          : `${found} processes found ${where}, enough for ${replicas} replicas, and they are not one group yet: where this goes on, see what the others say in their logs.`;
      return warn({ ...place, found, replicas }, text);
    }
    case 'awaiting-place':
      return warn(
        place,
        `a group ${where} is complete without this process, which waits and takes no part: start it with recover: true to have it follow without a vote, or give it another queue id, or stop it.`,
      );
    case 'no-quorum': {
      const { heard, members, needed, missing } = notice;
      const text =
        heard < needed
          ? `the group has no majority: ${heard} of ${members} members are heard ${where}, and ${needed} are needed. Operations and reads wait. Start the missing processes with their directories; where they run, check network, firewall and multicast.`
          : `the group has no coordinator: ${heard} of ${members} members are heard ${where}, and yet none is elected. Operations and reads wait. Check that these processes hear each other in both directions, by UDP and TCP, and what their logs say.`;
      return warn({ ...place, missing }, text);
    }
    case 'quorum':
      return info(place, 'the group has a coordinator again, whom a majority answers');
  }
}

function waitLine(notice: WaitNotice, place: Place): Line {
  switch (notice.kind) {
    case 'unanswered':
      return unansweredLine(notice.what, notice.seconds, place);
    case 'no-room': {
      const { messages, bytes, seconds } = notice;
      return warn(
        { ...place, messages, bytes, seconds },
        `callers wait for room in this queue, and none has got any for ${seconds} s: ${messages} messages (${bytes} bytes) that were put here before are not on their way yet. Where no other warning says what keeps the group from deciding, the network or a disk is too slow for as much: call less at a time, or limit the wait (timeoutMs, signal).`,
      );
    }
    case 'time-ahead': {
      const { decidedMs, aheadMs } = notice;
      const until = new Date(Math.min(decidedMs, LATEST_DATE_MS)).toISOString();
      return warn(
        { ...place, decidedMs, aheadMs },
        `decided time, which operations see, is ${Math.round(aheadMs / 1000)} s ahead of the clock of this process: it stands still at ${until} or goes on slower than the clocks until they have reached it, or this clock is slow. Compare this clock with those of the other replicas and set all of them right, by NTP for example. If this one is right, a clock was in the future when operations were put: decided time cannot be taken back; wait, or restore a backup made before.`,
      );
    }
  }
}

/** The latest that a Date can hold, in milliseconds since 1970. */
const LATEST_DATE_MS = 8.64e15;

function unansweredLine(what: Awaited, seconds: number, place: Place): Line {
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

function checkpointLine(notice: CheckpointNotice, place: Place): Line {
  switch (notice.kind) {
    case 'checkpoint-made': {
      const { next, position, bytes } = notice.checkpoint;
      return info({ next, position, bytes }, 'a checkpoint has been made');
    }
    case 'checkpoint-failed':
      return error({ ...place, err: notice.error }, 'no checkpoint could be made: the log is kept');
    case 'checkpoint-overdue':
      return warn(
        { ...place, err: notice.error, messages: notice.messages },
        `no checkpoint can be made, and the log grows: ${reasonOf(notice.error)} The next one is tried when as much again has been executed, or at queue.checkpoint().`,
      );
    case 'checkpoint-quiet':
      return warn(
        { ...place, step: notice.step, seconds: notice.seconds },
        `a checkpoint is being made and has got no further for ${notice.seconds} s (it ${notice.step}): an operation or the module may hang, or the disk. A process that does so for ${(limits.savingStalledTicks * limits.tickMs) / 1000} s is ended; the log is kept.`,
      );
    case 'checkpoint-source-damaged':
      return error(
        { ...place, err: notice.error },
        'what the checkpoint would be made of is damaged: it is made of the state here',
      );
    case 'states-differ':
      return error(notice.facts, 'the states of processes differ: an operation is not deterministic');
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function debug(facts: object, text: string): Line {
  return { level: 'debug', facts, text };
}

function info(facts: object, text: string): Line {
  return { level: 'info', facts, text };
}

function warn(facts: object, text: string): Line {
  return { level: 'warn', facts, text };
}

function error(facts: object, text: string): Line {
  return { level: 'error', facts, text };
}
