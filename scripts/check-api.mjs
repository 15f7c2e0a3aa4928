// Compares the public interface, as the compiler declares it, with the reports in api/, which reviewers read as differences.
// `--local` writes the reports anew. Fails where they differ, and where a public signature uses a type that neither its own
// entry point nor `treplica` exports.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

import { prepareTree, root } from './prepare-tree.mjs';

const folder = join(root, 'api');
const localBuild = process.argv.includes('--local');

await prepareTree();
const exported = namesIn(readFileSync(join(root, 'dist/lib/index.d.ts'), 'utf8'));
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) check(file);

function check(file) {
  const { succeeded, apiReportChanged } = Extractor.invoke(ExtractorConfig.loadFileAndPrepare(join(folder, file)), {
    localBuild,
    messageCallback: (message) => {
      const [, symbol] = /The symbol "(\w+)"/.exec(message.text) ?? [];
      if (message.messageId === 'ae-forgotten-export' && exported.has(symbol)) message.logLevel = 'none';
      if (message.logLevel === 'info' || message.logLevel === 'verbose') message.handled = true;
    },
  });
  if (apiReportChanged && !localBuild) {
    const report = file.replace(/json$/, 'api.md');
    console.error(`api/${report} is not what the code declares: run npm run fix and read the difference.`);
  }
  if (!succeeded) process.exitCode = 1;
}

/** The names in the export lists of a module's declarations. */
function namesIn(declarations) {
  const lists = [...declarations.matchAll(/export (?:type )?\{([^}]*)\}/g)].map(([, list]) => list);
  return new Set(lists.flatMap((list) => list.split(',').map((name) => name.trim().split(' ').at(-1))));
}
