/**
 * The options and variables that a process that makes checkpoints inherits: all except those that make Node run another
 * program.
 */

/** Options of Node that take a value, as `--name value` or `--name=value`, and are not for a second process. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '-e',
  '--eval',
  '-p',
  '-pe',
  '--print',
  '--input-type',
  '--snapshot-blob',
  '--build-snapshot-config',
  '--run',
  '--env-file',
  '--env-file-if-exists',
  '--watch-path',
  '--watch-kill-signal',
  '--inspect-port',
  '--debug-port',
  '--inspect-publish-uid',
  '--test-name-pattern',
  '--test-skip-pattern',
  '--test-reporter',
  '--test-reporter-destination',
  '--test-shard',
  '--test-concurrency',
  '--test-timeout',
  '--test-isolation',
  '--test-global-setup',
]);

/** The same without a value of their own. */
const WITHOUT_VALUE: ReadonlySet<string> = new Set(['-c', '--check', '-i', '--interactive', '--entry-url']);

/** Families of such options, all others of which take no value, or one behind `=`. */
const FAMILIES = ['--watch', '--inspect', '--test', '--experimental-test', '--build-snapshot'];

/** With these Node reports loaded files to a process that watches it, or runs it as a test: its child must not. */
const VARIABLES = ['WATCH_REPORT_DEPENDENCIES', 'NODE_TEST_CONTEXT'];

/**
 * The options of Node with which a second process runs: loaders, conditions and limits of memory stay; a program given on
 * the command line, watching, testing and the inspector, whose port is taken, go.
 */
export function inheritedOptions(options: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < options.length; i += 1) {
    const option = options[i] ?? '';
    const [name = ''] = option.split('=', 1);
    if (!isDropped(name)) kept.push(option);
    else if (WITH_VALUE.has(name) && name === option) i += 1;
  }
  return kept;
}

function isDropped(name: string): boolean {
  return WITH_VALUE.has(name) || WITHOUT_VALUE.has(name) || FAMILIES.some((family) => name.startsWith(family));
}

/** The variables of the environment with which it runs, NODE_OPTIONS among them. */
export function inheritedVariables(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = { ...variables };
  for (const name of VARIABLES) Reflect.deleteProperty(kept, name);
  if (kept['NODE_OPTIONS'] !== undefined)
    kept['NODE_OPTIONS'] = inheritedOptions(wordsOf(kept['NODE_OPTIONS'])).map(quoted).join(' ');
  return kept;
}

/** As Node reads NODE_OPTIONS: words end at spaces, but not within double quotes, where a backslash takes the next character as it is. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:[^ "]|"(?:[^"\\]|\\.)*"?)+/gs) ?? [];
  return words.map((word) =>
    word.replace(/"((?:[^"\\]|\\.)*)"?/gs, (_, inner: string) => inner.replace(/\\(.)/gs, '$1')),
  );
}

function quoted(word: string): string {
  return /[ "\\]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word;
}
