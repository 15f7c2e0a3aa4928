// Builds an explorer for a Murphi model: the model as murphi2c translates it to C, a table of its steps and invariants, and
// explore.c beside the model. murphi2c comes with Debian's package rumur.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The tools that are needed and missing, by the names of Debian's packages. */
export function missingTools() {
  const tools = { murphi2c: 'rumur', cc: 'gcc' };
  return Object.keys(tools)
    .filter((tool) => spawnSync(tool, ['--version']).status !== 0)
    .map((tool) => tools[tool]);
}

/** The model with other values for some of its constants. */
export function withConstants(model, values) {
  return Object.entries(values).reduce((text, [name, value]) => {
    const changed = text.replace(new RegExp(`^( +${name}: )-?\\d+;`, 'm'), `$1${value};`);
    if (!new RegExp(`^ +${name}: ${value};`, 'm').test(changed)) throw new Error(`the model has no constant ${name}`);
    return changed;
  }, model);
}

/**
 * Compiles the model of `path` with these constants, gives the explorer's path to `use`, and removes it afterwards. Returns what
 * `use` returns.
 */
export function withExplorer(path, constants, use) {
  const directory = mkdtempSync(join(tmpdir(), 'treplica-model-'));
  try {
    const [model, source, program] = ['model.m', 'explorer.c', 'explorer'].map((name) => join(directory, name));
    const text = withConstants(readFileSync(path, 'utf8'), constants);
    writeFileSync(model, text);
    const translated = run('murphi2c', ['--value-type', 'int8_t', model]);
    writeFileSync(
      source,
      [translated, tables(text, translated), readFileSync(join(dirname(path), 'explore.c'), 'utf8')].join('\n'),
    );
    run('cc', ['-std=gnu11', '-O2', '-w', '-o', program, source]);
    return use(program);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} has failed: ${error ?? stderr}`);
  return stdout;
}

/** The state's variables, the steps with every combination of their arguments, and the invariants, in C. */
function tables(model, translated) {
  const ranges = rangesOf(model);
  const steps = [];
  const takers = [];
  const pattern = /^void (startstate|rule)_(\w+)\((.*)\) \{$/gm;
  for (const [, kind, name, parameters] of translated.matchAll(pattern)) {
    const typed = parameters === 'void' ? [] : parameters.split(', ').map((parameter) => parameter.split(' '));
    const call = `(${typed.map((_, i) => `a[${i}]`).join(', ')})`;
    const guard = kind === 'rule' ? `guard_${name}${call}` : 'true';
    takers.push(
      `static bool may_${name}(const int8_t *a) { return ${guard}; }`,
      `static bool take_${name}(const int8_t *a) { if (!(${guard})) return false; ${kind}_${name}${call}; return true; }`,
    );
    const names = typed.map(([, parameter]) => `"${parameter}"`).join(', ');
    const title = name.replace(/_+/g, ' ');
    for (const values of combinations(typed.map(([type]) => ranges.get(type))))
      steps.push(
        `{ "${title}", ${kind === 'startstate'}, ${typed.length}, { ${values.join(', ')} }, { ${names} }, may_${name}, take_${name} },`,
      );
  }
  const invariants = [...model.matchAll(/^invariant "(.*)"$/gm)].map(
    ([, title]) => `{ "${title}", ${title.replace(/[^A-Za-z0-9]/g, '_')} },`,
  );
  const variables = /^var\n([\s\S]*?)^-{10}/m.exec(model)[1].matchAll(/^ {2}(\w+):/gm);
  return [
    'typedef struct { const char *name; bool is_start; int count; int8_t arguments[4]; const char *names[4];',
    '  bool (*may)(const int8_t *); bool (*take)(const int8_t *); } Step;',
    ...takers,
    `enum { STEPS = ${steps.length} };`,
    `static const Step table_of_steps[] = {\n${steps.join('\n')}\n};`,
    `static const struct { const char *name; bool (*holds)(void); } invariants[] = {\n${invariants.join('\n')}\n};`,
    `#define VARIABLES(X) ${[...variables].map(([, name]) => `X(${name})`).join(' ')}`,
  ].join('\n');
}

/** The values of each range type. */
function rangesOf(model) {
  const constants = Object.fromEntries([...model.matchAll(/^ {2}([A-Z_0-9]+): (\d+);/gm)].map(([, k, v]) => [k, +v]));
  const value = (text) =>
    text.split(' ').reduce((sum, term, i, terms) => {
      if (term === '+' || term === '-') return sum;
      const number = constants[term] ?? Number(term);
      return terms[i - 1] === '-' ? sum - number : sum + number;
    }, 0);
  const types = model.matchAll(/^ {2}(\w+): ([\w +-]+)\.\.([\w +-]+);/gm);
  return new Map(
    [...types].map(([, name, low, high]) => [
      name,
      Array.from({ length: value(high) - value(low) + 1 }, (_, i) => value(low) + i),
    ]),
  );
}

function combinations(lists) {
  return lists.reduce((all, list) => all.flatMap((values) => list.map((value) => [...values, value])), [[]]);
}
