import { openMemoryQueues } from '../support/queue-testbeds.js';
import { describeQueue } from './compliance.js';

describeQueue("the specs' queue in memory", {
  open: openMemoryQueues,
  notShown: { durability: 'its log is in the memory of one process', kill: 'nothing of it is outside of that' },
});
