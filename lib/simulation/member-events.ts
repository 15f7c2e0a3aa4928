import type { StateMachine } from '../machine/state-machine.js';
import type { World } from './world.js';

/** Counts what the faults have come to for the members, so that a summary tells what was covered. */
export function countMemberEvents<S extends StateMachine>(world: World<S>): void {
  const { watch, weather } = world;
  const { electorate, openChanges } = watch;
  const isLost = (id: string): boolean => world.processes.some((process) => process.id === id && process.isLost);
  electorate.onDecided((view, proposer) => {
    if (view === null) {
      world.happened('void change');
      return;
    }
    const before = electorate.views.at(-2)?.members ?? [];
    world.happened('view changed');
    if (weather.isCut) world.happened('view changed across a cut');
    if (!openChanges.hasAsked(proposer, before, view.members)) world.happened('silent member replaced');
    if (view.members.some((id) => !before.includes(id) && isLost(id))) world.happened('vote after a lost disk');
  });
  world.onComeUp((process) => {
    const latest = electorate.views.at(-1);
    const wasMember = electorate.views.some(({ members }) => members.includes(process.id));
    if (latest === undefined || !wasMember || latest.members.includes(process.id)) return;
    world.happened('return of a removed member');
    if (watch.diskOf(process).watermark < latest.from) world.happened('return of one that does not know it');
  });
  world.onGoDown((process) => {
    if (process.coordinates && electorate.toCome.length > 0) world.happened('coordinator lost in a change');
  });
}
