import { describeQueue } from '../queue/compliance.js';
import { openOverMemory } from '../support/queue-testbeds.js';

describeQueue('the Paxos engine over ports of memory', { open: openOverMemory });
