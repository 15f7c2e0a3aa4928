// Compares the public interface, as the compiler declares it, with the reports in api/, which reviewers read as differences.
// `--local` writes the reports anew. Fails where they differ, and where a public signature uses a type that is not exported.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

import { prepareTree, root } from './prepare-tree.mjs';

await prepareTree();
const localBuild = process.argv.includes('--local');
const folder = join(root, 'api');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const extractorConfig = ExtractorConfig.loadFileAndPrepare(join(folder, file));
  const { succeeded, apiReportChanged } = Extractor.invoke(extractorConfig, {
    localBuild,
    messageCallback: (message) => {
      if (message.logLevel === 'info' || message.logLevel === 'verbose') message.handled = true;
    },
  });
  if (apiReportChanged && !localBuild)
    console.error(
      `api/${file.replace(/json$/, 'api.md')} is not what the code declares: run npm run fix and read the difference.`,
    );
  if (!succeeded) process.exitCode = 1;
}
