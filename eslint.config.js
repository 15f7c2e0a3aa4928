import { builtinModules } from 'node:module';

import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const impure = (name) => ({ name, message: 'consensus is pure: time, randomness and I/O come in as inputs and go out as effects.' });

export default defineConfig(
  globalIgnores(['dist/']),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers and bigints print as meant.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A decorated class may be nothing but its decorator, and a base class nothing but its name.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      // `() => this.close()` as a callback reads better than a block.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A bare `while (true)` is the honest form of an endless loop.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
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
    files: ['lib/consensus/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['Promise', 'Date', 'performance', 'crypto', 'process', 'console', 'fetch', 'setTimeout', 'setInterval'].map(impure),
        ...['setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval', 'clearImmediate', 'globalThis'].map(impure),
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: impure('').message }],
      'no-restricted-syntax': [
        'error',
        { selector: ':function[async=true]', message: 'consensus is synchronous.' },
        { selector: 'AwaitExpression', message: 'consensus is synchronous.' },
        { selector: 'ForOfStatement[await=true]', message: 'consensus is synchronous.' },
        { selector: 'ImportExpression', message: 'consensus is synchronous.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({ name, message: impure('').message })),
          patterns: [{ regex: '^[^.]', message: 'consensus imports only itself and the model.' }],
        },
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
