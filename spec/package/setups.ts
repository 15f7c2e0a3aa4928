/** The ways of writing and running a program that are known to work: docs/setups.md lists them, a spec runs each. */

/** A file of a project, by its path within it. */
type Files = Readonly<Record<string, string>>;

export interface Setup {
  readonly name: string;
  readonly files: Files;
  /** Arguments of Node for the program that makes it ready to run, where it takes one. */
  readonly build?: readonly string[];
  /** Arguments of Node for the program itself. */
  readonly run: readonly string[];
  /** The first version of Node that can do it; 20 if left out. */
  readonly node?: number;
}

const IMPORTS = `import { AsynchronousPersistentQueue, Operation, operation, ReplicatedStateMachine, StateMachine } from 'treplica';`;

const RUN = `
export async function run(directory, queueId) {
  const queue = await AsynchronousPersistentQueue.create(queueId, { directory, replicas: 1 });
  const machine = await ReplicatedStateMachine.create(new Counters(), queue);
  const count = await machine.execute(new Add('visits', 1));
  await machine.close();
  return count;
}
`;

const TYPED_RUN = RUN.replace('(directory, queueId)', '(directory: string, queueId: string): Promise<number>');

const MAIN = `
const [, , directory, queueId] = process.argv;
run(directory, queueId).then((count) => console.log('count ' + count));
`;

const TYPED_MAIN = MAIN.replace('run(directory, queueId)', 'run(String(directory), String(queueId))');

const STATE = `
class Counters extends StateMachine {
  counts: Map<string, number> = new Map();
}
`;

const EXECUTE = `
  execute(state: Counters): number {
    const count = (state.counts.get(this.name) ?? 0) + this.amount;
    state.counts.set(this.name, count);
    return count;
  }
}
`;

const DECORATED = `${IMPORTS}
${STATE}
@operation('counters.add')
class Add extends Operation<Counters, number> {
  constructor(
    readonly name: string,
    readonly amount: number,
  ) {
    super();
  }
${EXECUTE}
${TYPED_RUN}`;

/** Only what Node can strip: no decorators, no parameter properties. */
const STRIPPABLE = `${IMPORTS}
${STATE}
class Add extends Operation<Counters, number> {
  readonly name: string;
  readonly amount: number;

  constructor(name: string, amount: number) {
    super();
    this.name = name;
    this.amount = amount;
  }
${EXECUTE}
operation('counters.add')(Add);
${TYPED_RUN}`;

const PLAIN = `
class Counters extends StateMachine {
  counts = new Map();
}

class Add extends Operation {
  constructor(name, amount) {
    super();
    this.name = name;
    this.amount = amount;
  }

  execute(state) {
    const count = (state.counts.get(this.name) ?? 0) + this.amount;
    state.counts.set(this.name, count);
    return count;
  }
}
operation('counters.add')(Add);
`;

const DECORATORS = { experimentalDecorators: true, emitDecoratorMetadata: true };

function tsconfig(options: object): string {
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    ...options,
  };
  return JSON.stringify({ compilerOptions, include: ['*.ts', '*.cts'] });
}

function packageJson(type: 'module' | 'commonjs'): string {
  return JSON.stringify({ name: 'counters', private: true, type });
}

const TSC = ['{root}/node_modules/typescript/bin/tsc', '-p', '{project}'];

const VITEST_SPEC = `import { expect, it } from 'vitest';
import { run } from './counters';

it('counts', async () => {
  const count = await run(process.env.DIRECTORY!, process.env.QUEUE_ID!);
  console.log('count ' + count);
  expect.assertions(0);
});
`;

const VITEST = ['{root}/node_modules/vitest/vitest.mjs', 'run', '--root', '{project}'];

/** `{root}` is the tree, `{project}` the project, `{directory}` and `{queueId}` what the program is told. */
export const setups: readonly Setup[] = [
  {
    name: 'tsc, ES modules, decorators',
    files: {
      'package.json': packageJson('module'),
      'tsconfig.json': tsconfig(DECORATORS),
      'counters.ts': DECORATED + TYPED_MAIN,
    },
    build: TSC,
    run: ['{project}/counters.js', '{directory}', '{queueId}'],
  },
  {
    name: 'tsc, CommonJS, decorators',
    files: {
      'package.json': packageJson('commonjs'),
      'tsconfig.json': tsconfig(DECORATORS),
      'counters.ts': DECORATED + TYPED_MAIN,
    },
    build: TSC,
    run: ['{project}/counters.js', '{directory}', '{queueId}'],
  },
  {
    name: 'tsx, decorators',
    files: {
      'package.json': packageJson('module'),
      'tsconfig.json': tsconfig({ experimentalDecorators: true }),
      'counters.ts': DECORATED + TYPED_MAIN,
    },
    run: ['{root}/node_modules/tsx/dist/cli.mjs', '{project}/counters.ts', '{directory}', '{queueId}'],
  },
  {
    name: 'vitest, decorators',
    files: {
      'package.json': packageJson('module'),
      'tsconfig.json': tsconfig(DECORATORS),
      'counters.ts': DECORATED,
      'counters.spec.ts': VITEST_SPEC,
    },
    run: VITEST,
  },
  {
    name: 'vitest, no decorators',
    files: {
      'package.json': packageJson('module'),
      'counters.ts': STRIPPABLE,
      'counters.spec.ts': VITEST_SPEC,
    },
    run: VITEST,
  },
  {
    name: 'JavaScript, ES modules',
    files: { 'package.json': packageJson('module'), 'counters.js': `${IMPORTS}\n${PLAIN}${RUN}${MAIN}` },
    run: ['{project}/counters.js', '{directory}', '{queueId}'],
  },
  {
    name: 'JavaScript, CommonJS',
    files: {
      'package.json': packageJson('commonjs'),
      'counters.js': `${IMPORTS.replace('import', 'const').replace(" from 'treplica'", " = require('treplica')")}
${PLAIN}${RUN.replace('export ', '')}${MAIN}`,
    },
    run: ['{project}/counters.js', '{directory}', '{queueId}'],
  },
  {
    name: "Node's type stripping, no decorators",
    node: 22.18,
    files: { 'package.json': packageJson('module'), 'counters.ts': STRIPPABLE + TYPED_MAIN },
    run: ['{project}/counters.ts', '{directory}', '{queueId}'],
  },
];
