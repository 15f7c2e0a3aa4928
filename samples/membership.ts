import type { FastifyInstance } from 'fastify';

import type { AsynchronousPersistentQueue } from '../lib/index.js';

/** The members of the group over HTTP: who they are, and the end of this one's membership, after which `left` is called. */
export function memberRoutes(app: FastifyInstance, queue: AsynchronousPersistentQueue, left: () => void): void {
  app.get('/members', () => ({ self: queue.processId, members: queue.members }));

  app.post('/leave', async () => {
    await queue.changeMembers({ remove: [queue.processId] });
    left();
    return { members: queue.members };
  });
}

/** Makes this process a member, unless it is one. Resolves once it may be relied on. */
export async function joinGroup(queue: AsynchronousPersistentQueue, signal: AbortSignal): Promise<void> {
  await queue.sync(signal);
  if (!queue.members.includes(queue.processId)) await queue.changeMembers({ add: [queue.processId] }, { signal });
}
