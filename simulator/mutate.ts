import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

import type { Mutant } from './mutants.js';

/** The parts of the build that belong to a mutant. */
const FOLDERS = ['lib', 'simulator'];

/**
 * Builds the mutant beside the build of the tree at `root`, in dist/mutants/, and returns the folder that then holds its
 * lib/ and simulator/. Copies, because Node looks for the imports of a module where the module really is.
 */
export function buildMutant(mutant: Mutant, root: string): string {
  const { mutated } = mutate(mutant, root);
  const target = join(root, 'dist/mutants', mutant.name);
  rmSync(target, { recursive: true, force: true });
  for (const folder of FOLDERS) cpSync(join(root, 'dist', folder), join(target, folder), { recursive: true });
  writeFileSync(join(target, mutant.file.replace(/\.ts$/, '.js')), mutated);
  return target;
}

/**
 * The module that the mutant changes, as the compiler emits it, before and after.
 * @throws Error where the text to be replaced does not occur exactly once, or the mutant is no TypeScript.
 */
export function mutate({ name, file, from, to }: Mutant, root: string): { original: string; mutated: string } {
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  const [before, after, ...more] = source.split(from);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`Mutant ${name} replaces a text that must occur once in ${file} and does not: ${from}`);
  }
  const options = compilerOptions(root);
  return { original: transpile(source, path, options), mutated: transpile(before + to + after, path, options) };
}

function transpile(source: string, fileName: string, compilerOptions: ts.CompilerOptions): string {
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    fileName,
    compilerOptions,
    reportDiagnostics: true,
  });
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, formatHost));
  return outputText;
}

interface TsConfig {
  readonly config: { readonly compilerOptions: unknown };
}

/** Those of the tree, for modules: by itself, a file does not show that its package is made of them. */
function compilerOptions(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as TsConfig;
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  return { ...options, module: ts.ModuleKind.ES2022 };
}

const formatHost: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => '.',
  getNewLine: () => '\n',
};
