/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: true,
            verbatimModuleSyntax: true,
          },
          keepClassNames: true,
        },
        sourceMaps: 'inline',
      },
    ],
  },
  testTimeout: 60_000,
  // One more than the processors that are asked for: many specs wait for processes and clocks most of their time.
  maxWorkers: 3,
  // A worker that has run many suites needs more than jest's half second to exit on a busy machine, without any open handle.
  workerGracefulExitTimeout: 5_000,
};
