import { describeQueue } from '../queue/compliance.js';
import { openOverUdp } from '../support/queue-testbeds.js';

describeQueue('the Paxos engine over UDP and LMDB', {
  open: openOverUdp,
  notShown: { kill: 'a spec cannot kill a part of its own process: spec/processes does so with whole ones' },
});
