import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** The options that the README asks for, where the types of Node are installed. */
function options(): ts.CompilerOptions {
  const [config = ''] = blocksIn('README.md', 'json');
  const { compilerOptions } = JSON.parse(config) as { compilerOptions: unknown };
  const { options: asked, errors } = ts.convertCompilerOptionsFromJson(compilerOptions, root);
  if (errors.length > 0) throw new Error(`The README's tsconfig.json is none: ${JSON.stringify(errors)}`);
  return { ...asked, types: ['node'] };
}

/** The first program in a page of the documentation. */
export function snippetIn(page: string): string {
  const [snippet] = snippetsIn(page);
  if (snippet === undefined) throw new Error(`${page} holds no program`);
  return snippet;
}

/** All programs in a page of the documentation. */
export function snippetsIn(page: string): string[] {
  return blocksIn(page, 'ts');
}

/** All blocks of a language in a page of the documentation. */
export function blocksIn(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return Array.from(text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs')), ([, block = '']) => block);
}

/** Compiles the file beside itself. Returns what the compiler finds wrong with it. */
export function compile(file: string): string[] {
  const program = ts.createProgram([file], options());
  const { diagnostics } = program.emit(program.getSourceFile(file));
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, '\n'),
  );
}
