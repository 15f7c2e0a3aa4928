import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

/** The options that the README asks for, on top of what any project of Node's modules has. */
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  skipLibCheck: true,
};

/** The first program in a page of the documentation. */
export function snippetIn(page: string): string {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8');
  const [, snippet] = /```ts\n(.*?)```/s.exec(text) ?? [];
  if (snippet === undefined) throw new Error(`${page} holds no program`);
  return snippet;
}

/** Compiles the file beside itself. Returns what the compiler finds wrong with it. */
export function compile(file: string): string[] {
  const program = ts.createProgram([file], OPTIONS);
  const { diagnostics } = program.emit(program.getSourceFile(file));
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, '\n'),
  );
}
