/**
 * `npm run bench -- drive --nodes A,B,C`: measures what `throughput` does, on replicas that run on the machines of nodes
 * (see `node.ts`). `--port` is theirs, for TCP, and that of the multicast group.
 */
import { benchmark } from '../benchmark.js';
import { pointsOf } from '../throughput/points.js';
import { defaults, measurePoints } from '../throughput/throughput.js';
import { withNodes } from './remote-replica.js';

export const drive = benchmark({ ...defaults, replicas: 0, nodes: '' }, async (flags) => {
  const nodes = flags.nodes.split(',').filter((address) => address !== '');
  const points = pointsOf({ ...flags, replicas: flags.replicas === 0 ? nodes.length : flags.replicas });
  const needed = Math.max(...points.map(({ replicas }) => replicas));
  if (nodes.length === 0 || nodes.length < needed) {
    throw new Error(
      `--nodes names ${nodes.length}, and there are to be ${needed} replicas: give the address of a node for each, as A,B,C.`,
    );
  }
  const rows = await measurePoints(points, flags, (setup, work) => withNodes(nodes, setup, work));
  return rows.map((row) => ({ ...row, benchmark: 'drive' }));
});
