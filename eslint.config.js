import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import simpleImportSort from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';

const impure = 'consensus is pure: time, randomness and I/O come in as inputs and go out as effects.';
const impureGlobals = [
  'Promise',
  'Date',
  'performance',
  'crypto',
  'process',
  'console',
  'fetch',
  'globalThis',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
];
const asynchronousSyntax = [
  ':function[async=true]',
  'AwaitExpression',
  'ForOfStatement[await=true]',
  'ImportExpression',
];

const excepted = [
  ...['enumerable', 'resizable', 'reuseAddr', 'readOnly', 'aborted'],
  ...['recover', 'newQueue', 'insecure', 'force', 'drain', 'help', 'version', 'json'],
  ...['linearizable', 'created'],
];

export default defineConfig(
  globalIgnores(['dist/']),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'simple-import-sort': simpleImportSort },
    rules: {
      // What runs when imported comes first, then Node's and packages' modules, then the project's own.
      'simple-import-sort/imports': ['error', { groups: [['^\\u0000'], ['^node:', '^@?\\w'], ['^\\.\\.', '^\\.']] }],
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers and bigints print as meant.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A decorated class may be nothing but its decorator, and a base class nothing but its name.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      // `() => this.close()` as a callback, and `case 'vote': return this.receiveVote(message)`, read better than a block.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A bare `while (true)` is the honest form of an endless loop.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An implementation of a port has to have the port's shape.
      '@typescript-eslint/require-await': 'off',
      // The type annotation of a decorated field is what the decorator's metadata is made from.
      '@typescript-eslint/no-inferrable-types': 'off',
      // Same: `@Type(() => Bid) bids: Map<string, Bid> = new Map()` needs its annotation.
      '@typescript-eslint/consistent-generic-constructors': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['spec/**/*.spec.ts', 'spec/**/compliance*.ts'], // A `describe` is a chapter, and no function to be understood at once.
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // A boolean says what is so: `isFounded`, `hasClash`, `mayAsk`, `holds`. Excepted are words of the language and of platforms,
    // and those of an interface: options, which are wishes, and the fields of answers.
    files: ['{lib,samples,simulator}/**/*.ts'],
    rules: {
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: ['variable', 'parameter', 'classProperty', 'parameterProperty', 'typeProperty', 'accessor'],
          types: ['boolean'],
          format: null,
          leadingUnderscore: 'allow',
          filter: { regex: `^(${excepted.join('|')})$`, match: false },
          custom: {
            regex: '^((is|are|has|have|was|were|can|may|must|should|will)[A-Z]|[a-z]+s([A-Z]|$))',
            match: true,
          },
        },
      ],
    },
  },
  {
    files: ['lib/consensus/**'],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals.map((name) => ({ name, message: impure }))],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: impure }],
      'no-restricted-syntax': [
        'error',
        ...asynchronousSyntax.map((selector) => ({ selector, message: 'consensus is synchronous.' })),
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^[^.]', message: 'consensus imports only itself and the model.' }] },
      ],
    },
  },
  {
    files: ['spec/**'],
    rules: {
      // `find(…)!` in a test fails the test, which is what it should do.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // Tests hand over wrong values on purpose.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', setTimeout: 'readonly' } },
  },
);
