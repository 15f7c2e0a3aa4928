import { join } from 'node:path';

/** Where a directory has its journal. */
export function journalFile(directory: string): string {
  return join(directory, 'journal');
}
