/** The public interface of Treplica: everything that an application uses, and nothing else. */
export { AsynchronousPersistentQueue } from './queue/queue.js';
export type { QueueOptions } from './queue/options.js';
export type { QueueMessage } from './queue/reader.js';
export type { DeliveredBatch, StateHolder } from './queue/state-holder.js';
export type { Mode } from './consensus/mode.js';
export { ReplicatedStateMachine, type ExecuteOptions } from './machine/replicated-state-machine.js';
export { StateMachine } from './machine/state-machine.js';
export { Operation, operation } from './machine/operation.js';
export type { ExecutionContext } from './machine/execution-context.js';
export { serializable } from './serialization/registry.js';
/** class-transformer's decorators, from the one copy whose metadata the codec reads. */
export { Exclude, Expose, Transform, Type } from 'class-transformer';
export { TreplicaError, UnknownOutcomeError, InvariantViolation, type ErrorCode } from './model/errors.js';
export type { GroupId, Position, ProcessId } from './model/ids.js';
