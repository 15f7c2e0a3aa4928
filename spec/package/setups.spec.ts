import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newQueueId } from '../support/udp-testbed.js';
import { type Setup, setups } from './setups.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const [major = '0', minor = '0'] = process.versions.node.split('.');
const nodeVersion = Number(`${major}.${minor.padStart(2, '0')}`);
const LIMIT_MS = 120_000;
/** A set-up is built, and run twice. */
const RUN_LIMIT = { timeout: LIMIT_MS / 3, killSignal: 'SIGKILL' } as const;

describe('a program of one replica, started twice, counts on', () => {
  let folder: string;

  /** Beside the packages of the tree, so that what the installed package needs is found there. */
  beforeAll(() => {
    const dist = join(root, 'dist/spec');
    mkdirSync(dist, { recursive: true });
    folder = mkdtempSync(join(dist, 'setups-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A project in which the package is installed: a copy, for tools treat what is linked as sources. */
  function projectOf({ files }: Setup): string {
    const project = mkdtempSync(join(folder, 'project-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
    const installed = join(project, 'node_modules/treplica');
    mkdirSync(installed, { recursive: true });
    cpSync(join(root, 'package.json'), join(installed, 'package.json'));
    cpSync(join(root, 'dist/lib'), join(installed, 'dist/lib'), { recursive: true });
    return project;
  }

  const able = setups.filter(({ node = 20 }) => nodeVersion >= node);
  it.each(able.map((setup) => [setup.name, setup] as const))(
    'with %s',
    async (_, setup) => {
      const project = projectOf(setup);
      const told: Readonly<Record<string, string>> = {
        root,
        project,
        directory: join(project, 'ledger'),
        queueId: await newQueueId(),
      };
      const env = { ...process.env, NODE_OPTIONS: '', DIRECTORY: told['directory'], QUEUE_ID: told['queueId'] };
      const start = async (args: readonly string[]): Promise<string | undefined> => {
        const filled = args.map((text) => text.replace(/\{(\w+)\}/g, (all, name: string) => told[name] ?? all));
        const { stdout } = await run(process.execPath, filled, { cwd: project, env, ...RUN_LIMIT });
        return /count \d+/.exec(stdout)?.[0];
      };
      if (setup.build !== undefined) await start(setup.build);
      expect([await start(setup.run), await start(setup.run)]).toEqual(['count 1', 'count 2']);
    },
    LIMIT_MS,
  );

  it('with every set-up that the page on set-ups lists', () => {
    const page = readFileSync(join(root, 'docs/setups.md'), 'utf8');
    const listed = [...page.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, name]) => name).slice(2);
    expect(listed).toEqual(setups.map(({ name }) => name));
  });
});
