/** The public interface of Treplica: everything that an application uses, and nothing else. */
export { AsynchronousPersistentQueue } from './asynchronous-persistent-queue.js';
export type { QueueStatus } from './queue/status.js';
export type { MemberStatus, ObserverStatus, PaxosStatus } from './paxos/paxos-status.js';
export type { KeyOption, KeysOption } from './paxos/keys.js';
export type { AutoReplace } from './paxos/auto-replacement.js';
export type { QueueOptions } from './paxos/options.js';
export type { ChangeOptions, MembersChange } from './paxos/member-changes.js';
export type { OperatedKeys } from './paxos/operated-queue.js';
export type { KeyChangeOptions } from './paxos/key-changes.js';
export type { KeysOfProcess, KeysReport } from './paxos/group-keys.js';
export type { QueueLimits } from './paxos/queue-limits.js';
export type { CheckpointOptions } from './queue/checkpoint-options.js';
export type {
  Missing,
  CheckpointEvent,
  DamageEvent,
  FactsEvent,
  HolderEvent,
  LifeEvent,
  NetworkEvent,
  QueueEvent,
  QueueEventOf,
  QueueListener,
  RecoveryEvent,
  RefusalEvent,
  ReignEvent,
  WaitEvent,
} from './queue/events.js';
export type { ClonedStart, FoundingEvent, KeyEvent, MembershipEvent } from './queue/group-events.js';
export type { Ballot, BallotKind } from './model/ballot.js';
export type { Part } from './model/part.js';
export type { QueueMessage } from './queue/reader.js';
export type {
  DeliveredBatch,
  HolderContext,
  SavingTask,
  StateHolder,
  StateKeeper,
  StateSink,
} from './queue/state-holder.js';
export type { Mode } from './consensus/mode.js';
export {
  ReplicatedStateMachine,
  type CloseOptions,
  type ExecuteOptions,
  type Consistency,
  type MachineOptions,
  type ReadOptions,
  type ReadyOptions,
} from './machine/replicated-state-machine.js';
export type { Facts } from './model/facts.js';
export type { ParticipantFacts } from './queue/facts.js';
export type { Queue } from './queue/queue.js';
export type { BytesChange, DeepReadonly, Primitive, ReadonlyBytes, ReadonlyDate } from './machine/deep-readonly.js';
export type { WaitOptions } from './machine/wait-options.js';
export type { Overflow } from './machine/waiting-operations.js';
export { StateMachine } from './machine/state-machine.js';
export { Operation, operation, type OperationClass } from './machine/operation.js';
export type { ExecutionContext } from './machine/execution-context.js';
export { testContext, type TestContextOptions } from './machine/test-context.js';
export { serializable } from './serialization/registry.js';
/** class-transformer's decorators, from the one copy whose metadata the codec reads. */
export { Exclude, Expose, Transform, Type } from './serialization/decorators.js';
export {
  TreplicaError,
  UnknownOutcomeError,
  QueueFullError,
  InvariantViolation,
  type ErrorCode,
} from './model/errors.js';
export type { Checkpoint } from './model/checkpoint.js';
export type { Brand, GroupId, Instance, Position, ProcessId } from './model/ids.js';
