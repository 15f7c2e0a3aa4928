import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

import * as treplica from '../../lib/index.js';
import * as simulation from '../../lib/simulation/index.js';

const root = join(import.meta.dirname, '../..');

/** The names that a file exports in lists, types included; anything else that it exports is named by its text. */
function exportsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
      ? statement.exportClause.elements.map(({ name }) => name.text)
      : [statement.getText(source)],
  );
}

/** What a process prints that imports the module, prints the names of its values and does nothing else. */
async function importing(module: string): Promise<{ stdout: string; stderr: string }> {
  const program = `const names = Object.keys(await import('${module}')); process.on('exit', () => console.log(names.join()));`;
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    timeout: 30_000,
  });
}

/** What is left of the public interface at run time. */
const VALUES = [
  'AsynchronousPersistentQueue',
  'Exclude',
  'Expose',
  'InvariantViolation',
  'Operation',
  'QueueFullError',
  'ReplicatedStateMachine',
  'StateMachine',
  'Transform',
  'TreplicaError',
  'Type',
  'UnknownOutcomeError',
  'operation',
  'serializable',
  'testContext',
];

describe('the public interface', () => {
  it('consists of these names', () => {
    expect(exportsOf(join(root, 'lib/index.ts')).sort()).toEqual([
      'AsynchronousPersistentQueue',
      'AutoReplace',
      'Ballot',
      'BallotKind',
      'Brand',
      'BytesChange',
      'ChangeOptions',
      'Checkpoint',
      'CheckpointEvent',
      'CheckpointOptions',
      'ClonedStart',
      'CloseOptions',
      'Consistency',
      'DamageEvent',
      'DeepReadonly',
      'DeliveredBatch',
      'ErrorCode',
      'Exclude',
      'ExecuteOptions',
      'ExecutionContext',
      'Expose',
      'Facts',
      'FactsEvent',
      'FoundingEvent',
      'GroupId',
      'HolderContext',
      'HolderEvent',
      'Instance',
      'InvariantViolation',
      'KeyChangeOptions',
      'KeyEvent',
      'KeyOption',
      'KeysOfProcess',
      'KeysOption',
      'KeysReport',
      'LifeEvent',
      'MachineOptions',
      'MemberStatus',
      'MembersChange',
      'MembershipEvent',
      'Missing',
      'Mode',
      'NetworkEvent',
      'ObserverStatus',
      'OperatedKeys',
      'Operation',
      'OperationClass',
      'Overflow',
      'Part',
      'ParticipantFacts',
      'PaxosStatus',
      'Position',
      'Primitive',
      'ProcessId',
      'Queue',
      'QueueEvent',
      'QueueEventOf',
      'QueueFullError',
      'QueueLimits',
      'QueueListener',
      'QueueMessage',
      'QueueOptions',
      'QueueStatus',
      'ReadOptions',
      'ReadonlyBytes',
      'ReadonlyDate',
      'ReadyOptions',
      'RecoveryEvent',
      'RefusalEvent',
      'ReignEvent',
      'ReplicatedStateMachine',
      'SavingTask',
      'StateHolder',
      'StateKeeper',
      'StateMachine',
      'StateSink',
      'TestContextOptions',
      'Transform',
      'TreplicaError',
      'Type',
      'UnknownOutcomeError',
      'WaitEvent',
      'WaitOptions',
      'operation',
      'serializable',
      'testContext',
    ]);
  });

  it('has these values, the rest are types', () => {
    expect(Object.keys(treplica).sort()).toEqual(VALUES);
  });

  it("is what 'treplica' names, and a process that does nothing but import it says nothing and ends by itself", async () => {
    expect(await importing('treplica')).toEqual({ stdout: `${VALUES.join()}\n`, stderr: '' });
  });
});

describe('the public interface of the simulator', () => {
  it('consists of these names', () => {
    expect(exportsOf(join(root, 'lib/simulation/index.ts')).sort()).toEqual([
      'Application',
      'Client',
      'Failure',
      'Invariants',
      'ProfileName',
      'RecordedCall',
      'RunOptions',
      'RunResult',
      'SimulationOptions',
      'SimulationReport',
      'Violation',
      'Workload',
      'simulate',
    ]);
  });

  it('has one value, the rest are types', () => {
    expect(Object.keys(simulation)).toEqual(['simulate']);
  });

  it("is what 'treplica/simulation' names, which does nothing either when it is imported", async () => {
    expect(await importing('treplica/simulation')).toEqual({ stdout: 'simulate\n', stderr: '' });
  });
});
