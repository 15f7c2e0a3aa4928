import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** One import (or re-export) of a file: of another source file, by its path from the root, or of a package or `node:` module, by its name. */
export interface Import {
  readonly target: string;
  /** Gone after compilation: `import type`, `export type` and `import('…')` in a type. */
  readonly typeOnly: boolean;
}

/** What each source file imports. Paths are relative to the root of the repository, with `/` and the `.ts` of the source. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

/** Reads the import graph of all TypeScript sources in some folders of the repository; a folder that does not exist has none. */
export function readImportGraph(root: string, folders: readonly string[]): ImportGraph {
  const files = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && folders.includes(entry.name))
    .flatMap(({ name }) =>
      readdirSync(join(root, name), { encoding: 'utf8', recursive: true }).map((file) => posix.join(name, file)),
    )
    .filter((file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]));
}

/** The imports written in the source text of a file. */
export function importsOf(file: string, text: string): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier && ts.isStringLiteralLike(specifier))
      imports.push({ target: resolve(file, specifier.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return imports;
}

/**
 * The circles of imports, types included: sets of files each of which reaches all others of its set (strongly connected components
 * of more than one file, found as in Tarjan, "Depth-first search and linear graph algorithms", 1972), and files that import
 * themselves. The files of a circle are in order.
 */
export function circlesOf(graph: ImportGraph): string[][] {
  const circles: string[][] = [];
  /** When each file was first reached. */
  const reached = new Map<string, number>();
  /** The files that are not yet known to be in a circle or in none, as they were reached. */
  const open: string[] = [];
  /** Returns the first of the open files, by when they were reached, that a file leads back to. */
  const visit = (file: string): number => {
    const own = reached.size;
    reached.set(file, own);
    const depth = open.push(file) - 1;
    let first = own;
    for (const { target } of graph.get(file) ?? []) {
      if (!graph.has(target)) continue;
      if (!reached.has(target)) first = Math.min(first, visit(target));
      else if (open.includes(target)) first = Math.min(first, reached.get(target) ?? own);
    }
    if (first < own) return first;
    const component = open.splice(depth);
    if (component.length > 1 || isOwnImport(graph, file)) circles.push(component.sort());
    return first;
  };
  for (const file of graph.keys()) if (!reached.has(file)) visit(file);
  return circles;
}

function isOwnImport(graph: ImportGraph, file: string): boolean {
  return graph.get(file)?.some(({ target }) => target === file) ?? false;
}

function resolve(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}
