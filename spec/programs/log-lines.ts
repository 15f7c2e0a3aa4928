/** Writes 50,000 lines to the default log, more than any pipe holds, and then says so on standard error. */
import { defaultLog } from '../../lib/queue/default-log.js';

const log = defaultLog();
for (let line = 0; line < 50_000; line += 1) log.warn({ line }, 'a line of the default log');
process.stderr.write('all lines\n');
