import type { SharedDatagrams } from './shared-datagrams.js';

/** With frames that wait for others. */
const waiting = new Set<SharedDatagrams>();
let isGathering = false;

/**
 * Runs `action`, in which queues of this process send what they have to send at one moment. Where they share an endpoint, their
 * frames to the same address leave in common datagrams, when `action` has returned.
 */
export function inCompany(action: () => void): void {
  isGathering = true;
  try {
    action();
  } finally {
    isGathering = false;
    leaveNow();
  }
}

/** Whether frames may wait for others: such an action runs. */
export function mayWait(): boolean {
  return isGathering;
}

/** `datagrams` have got frames that wait. */
export function waits(datagrams: SharedDatagrams): void {
  waiting.add(datagrams);
}

/** What waits leaves now: this process is about to do something that takes its time. */
export function leaveNow(): void {
  for (const datagrams of waiting) datagrams.flush();
  waiting.clear();
}
