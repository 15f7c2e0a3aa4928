import type { Mutant } from './mutant.js';

/** A process signs one founding at a time, durably. */
export const founding: readonly Mutant[] = [
  {
    name: 'signature-not-written',
    file: 'lib/consensus/membership/signature.ts',
    from: 'this.#write({ ...this.#record, signed: founding });',
    to: 'this.#record = { ...this.#record, signed: founding };',
    breaks: 'A process signs durably.',
    needs: 'a crash while the group is founded',
  },
  {
    name: 'signature-before-durable',
    file: 'lib/consensus/membership/signature.ts',
    from: "this.#outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });",
    to: "this.#outbox.send(EVERYONE, { kind: 'signed', founding });",
    breaks: 'A process signs durably.',
    needs: 'a crash during a commit while the group is founded',
  },
];
