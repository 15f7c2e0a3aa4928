// `npm run model [-- --short] [-- --only NAME]`: searches the model of view changes (spec/model-of-views/views.m) exhaustively for
// several groups, walks at random through larger ones, and breaks each of its rules, of which each time a violation must be found.
// `--short` searches only what takes seconds. Exit codes: 0 all is as it must be, 1 it is not, 2 a tool is missing.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { missingTools, withExplorer } from './model-explorer.mjs';
import { root } from './prepare-tree.mjs';

const model = join(root, 'spec', 'model-of-views', 'views.m');

/** More than any search here finds: what is cut short has failed. */
const statesMax = 150_000_000;

const set = (...processes) => processes.reduce((sum, process) => sum + 2 ** (process - 1), 0);

/** A group whose views are these: the first, and what each change makes of the view of the number that it follows. */
function group(alpha, instances, reigns, crashes, first, ...changes) {
  const members = [first, ...changes.map(({ to }) => to)];
  return {
    PROCESSES: Math.max(...members.flat()),
    ...{ ALPHA: alpha, BORDER: alpha, INSTANCES: instances, REIGNS: reigns, CRASHES: crashes, CHANGES: changes.length },
    ...Object.fromEntries(members.map((processes, i) => [`MEMBERS_${i}`, set(...processes)])),
    ...Object.fromEntries(changes.map(({ follows = 0 }, i) => [`FOLLOWS_${i + 1}`, follows])),
  };
}

const apart = [{ to: [2] }, { to: [3], follows: 1 }];
const rivals = [{ to: [2, 3] }, { to: [1, 3] }, { to: [3], follows: 1 }];

const searches = [
  { name: 'grown', isShort: true, constants: group(1, 2, 2, 0, [1, 2, 3], { to: [2, 3, 4] }) },
  { name: 'rivals', isShort: true, constants: group(1, 3, 2, 1, [1, 2], ...rivals) },
  { name: 'window', isShort: true, constants: group(2, 3, 2, 1, [1, 2], { to: [2, 3] }) },
  { name: 'apart', constants: group(1, 3, 3, 1, [1], ...apart) },
  { name: 'disjoint', constants: group(1, 2, 2, 1, [1, 2], { to: [3, 4] }) },
  { name: 'three-reigns', constants: group(1, 3, 3, 0, [1, 2], ...rivals) },
  {
    name: 'fast',
    isShort: true,
    constants: { ...group(2, 3, 2, 1, [1], { to: [2] }), FIRST_REIGN: 2, FAST_REIGN: 2 },
  },
];

const walks = [
  { name: 'walk-classic', constants: group(2, 6, 6, 2, [1, 2, 3], { to: [2, 3, 4] }, { to: [3, 4], follows: 1 }) },
  {
    name: 'walk-fast',
    constants: { ...group(2, 6, 6, 2, [1, 2, 3], { to: [2, 3, 4] }, { to: [1, 4], follows: 1 }), FAST_REIGN: 3 },
  },
  { name: 'walk-disjoint', constants: group(3, 7, 6, 2, [1, 2], { to: [3, 4] }, { to: [1, 2], follows: 1 }) },
];

const isolated = group(2, 5, 3, 1, [1], ...apart);

/** What a group does of which one rule is broken. */
const broken = [
  ['BORDER', 1, isolated],
  ['COUNTS_ANEW_AFTER_BORDER', 0, group(1, 2, 3, 0, [1], { to: [1, 2, 3] })],
  ['COUNTS_AS_BEFORE_UNTIL_BORDER', 0, group(2, 3, 2, 0, [1, 2, 3], { to: [1] })],
  ['COUNTS_MEMBERS_ONLY', 0, isolated],
  ['NAMES_VIEW_FOLLOWED', 0, isolated],
  ['FOLLOWS_GOVERNING_VIEW', 0, group(3, 5, 2, 1, [1], ...apart)],
  ['KEEPS_WINDOW', 0, isolated],
  ['PREPARES_CURRENT', 0, isolated],
  ['PREPARES_LATEST', 0, group(2, 3, 3, 1, [1], { to: [2, 3] })],
  ['REIGN_ENDS_AT_CHANGE', 0, isolated],
  ['PROPOSES_ABOVE_WATERMARKS', 0, group(1, 1, 2, 0, [1, 2, 3], { to: [3] })],
  ['PICKS_FORCED', 0, isolated],
  ['COMPLETE_BY_OWN_BORDER', 0, isolated],
  ['COMPLETE_IF_DURABLE', 0, isolated],
  ['ASKS_BEYOND_ITS_VIEWS', 0, group(1, 2, 2, 0, [1, 2, 3], { to: [2, 3, 4] })],
  ['KEEPS_PROMISE', 0, isolated],
  ['KEEPS_VIEWS', 0, isolated],
  ['KEEPS_TABLE', 0, isolated],
  ['FAST_ENDS_AT_BORDER', 0, { ...group(2, 3, 2, 1, [1], { to: [2] }), FIRST_REIGN: 2, FAST_REIGN: 2 }],
  ['FAST_OPENS_LEVEL', 0, { ...group(2, 3, 3, 0, [1], { to: [2] }), FAST_REIGN: 3 }],
];

const runs = [
  ...searches.map((search) => ({ ...search, args: ['search', `${statesMax}`], expected: 0 })),
  ...walks.map((walk) => ({ ...walk, args: ['walk', '60', '1'], expected: 0 })),
  ...broken.map(([rule, value, constants]) => ({
    name: `without ${rule}`,
    constants: { ...constants, [rule]: value },
    args: ['search', `${statesMax}`],
    isShort: true,
    expected: 1,
  })),
];

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false }, only: { type: 'string' } } });
const missing = missingTools();
if (missing.length > 0) {
  console.error(`The model of view changes was not checked: please install ${missing.join(' and ')}.`);
  process.exit(2);
}
const chosen = runs.filter(({ name, isShort = false }) =>
  values.only === undefined ? isShort || !values.short : name === values.only,
);
if (chosen.length === 0) {
  console.error(`There is no run ${values.only}: give one of ${runs.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const failed = chosen.filter((run) => !isAsExpected(run));
console.log(`${chosen.length - failed.length} of ${chosen.length} runs of the model are as they must be`);
if (failed.length > 0) process.exitCode = 1;

function isAsExpected({ name, constants, args, expected }) {
  const startMs = performance.now();
  const { status, stdout, stderr } = withExplorer(model, constants, (explorer) =>
    spawnSync(explorer, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }),
  );
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  const isSo = status === expected;
  console.log(`${name}: ${isSo ? '' : 'NOT AS IT MUST BE: '}${stdout.split('\n')[0]} (${seconds} s)${stderr}`);
  if (!isSo || values.only !== undefined) console.log(stdout);
  return isSo;
}
