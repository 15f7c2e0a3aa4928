/**
 * Objects and histories of them, for specs of the linearizability checker. Inputs and outputs are words: `write 1` gives
 * `ok`, and with a key it is `a/write 1`.
 */
import type { Call, SequentialModel } from '../../lib/simulation/checkers/sequential-model.js';

export type History = readonly Call<string, string>[];
export type Model = SequentialModel<string, string, string>;

/** What a state makes of an input, and what it answers; the models and the objects that are executed are made of it. */
export type Behaviour = (state: string, name: string, ...values: string[]) => readonly [state: string, output: string];

export const registerBehaviour: Behaviour = (state, name, value = '', to = '') => {
  if (name === 'read') return [state, state];
  if (name === 'write') return [value, 'ok'];
  return state === value ? [to, 'ok'] : [state, 'no'];
};

export const queueBehaviour: Behaviour = (state, name, value = '') => {
  if (name === 'enq') return [state + value, 'ok'];
  return [state.slice(1), state === '' ? 'none' : state.charAt(0)];
};

export const counterBehaviour: Behaviour = (state, name, by = '') => {
  return name === 'get' ? [state, state] : [String(Number(state) + Number(by)), 'ok'];
};

function execute(behaviour: Behaviour, state: string, input: string): readonly [state: string, output: string] {
  const [name = '', ...values] = input.replace(/^.*\//, '').split(' ');
  return behaviour(state, name, ...values);
}

function modelOf(behaviour: Behaviour, initial: string): Model {
  return {
    initial,
    step(state, input, output) {
      const [after, expected] = execute(behaviour, state, input);
      return output === undefined || output === expected ? { state: after } : null;
    },
    keyOf: (state) => state,
  };
}

export const register = modelOf(registerBehaviour, '0');
export const queue = modelOf(queueBehaviour, '');
export const counter = modelOf(counterBehaviour, '0');
export const registers: Model = { ...register, partitionOf: (input) => input.split('/')[0]! };

/** A history as the literature writes it, one event after the other: `A write 1` is a call, `A: ok` is its return. */
export function history(...events: string[]): History {
  const calls: Call<string, string>[] = [];
  for (const [at, event] of events.entries()) {
    const [, process = '', output, input] = /^(\w+)(?:: (.+)| (.+))$/.exec(event)!;
    const open = calls.findIndex((call) => call.process === process && call.returnedAt === null);
    if (input !== undefined) calls.push({ process, input, calledAt: at, returnedAt: null, output: null });
    else calls[open] = { ...calls[open]!, returnedAt: at, output: output! };
  }
  return calls;
}

/** The definition, without any cleverness. */
export function bruteForce(calls: History, { initial, step }: Model): boolean {
  const complete = (state: string, left: History): boolean =>
    left.every(({ returnedAt }) => returnedAt === null) ||
    left.some((call) => {
      if (left.some(({ returnedAt }) => returnedAt !== null && returnedAt < call.calledAt)) return false;
      const after = step(state, call.input, call.returnedAt === null ? undefined : call.output!);
      const others = left.filter((other) => other !== call);
      return after !== null && complete(after.state, others);
    });
  return complete(initial, calls);
}

export interface Plan {
  readonly input: string;
  readonly calledAt: number;
  /** When it is executed, no earlier than it is called; null for never. */
  readonly executedAt: number | null;
  /** No earlier than it is executed; null for never. */
  readonly returnedAt: number | null;
}

/** What happens when the plans are executed, with one object for each key. */
export function perform(plans: readonly Plan[], behaviour: Behaviour, initial: string): History {
  const states = new Map<string, string>();
  const outputs = new Map<Plan, string>();
  const executed = plans.filter(({ executedAt }) => executedAt !== null);
  for (const plan of executed.sort((a, b) => a.executedAt! - b.executedAt!)) {
    const key = /^.*\//.exec(plan.input)?.[0] ?? '';
    const [state, output] = execute(behaviour, states.get(key) ?? initial, plan.input);
    states.set(key, state);
    outputs.set(plan, output);
  }
  return plans.map((plan, i) => {
    const { input, calledAt, returnedAt } = plan;
    return { process: `P${i}`, input, calledAt, returnedAt, output: returnedAt === null ? null : outputs.get(plan)! };
  });
}
