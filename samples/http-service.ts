import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

import type { Health } from './health.js';
import { problem, problemOf } from './problem.js';

/** The options of a sample's HTTP service. */
export interface HttpServiceOptions {
  /** Adds the sample's own routes. */
  readonly routes: (app: FastifyInstance) => void;
  /** The answer to `GET /health`. */
  readonly health: () => Promise<Health>;
  /** The name of this replica, for the same answer. */
  readonly self: object;
  /** Told about everything that is answered with 500. */
  readonly onInternalError: (error: unknown) => void;
}

/** The HTTP/JSON service of a sample, not yet listening: validated input, and every error as a problem (RFC 9457). */
export function createHttpService({ routes, health, self, onInternalError }: HttpServiceOptions): FastifyInstance {
  const answerError = (error: unknown, reply: FastifyReply): FastifyReply => {
    const answer = problemOf(error);
    if (answer.status === 500) onInternalError(error);
    return reply.code(answer.status).type('application/problem+json').send(JSON.stringify(answer));
  };

  const app = fastify({
    bodyLimit: 16 * 1024,
    // Input is taken as it is or refused: "12" is not 12, and a property that we do not know is a mistake.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    // While we close, what arrives on open connections is answered by the routes, and as a problem if it has to be.
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      answerError(error, reply);
    },
  });
  app.setErrorHandler((error, _request, reply) => answerError(error, reply));
  app.setNotFoundHandler((request, reply) => {
    const answer = problem(404, 'ROUTE_NOT_FOUND', `There is no ${request.method} ${request.url} here.`);
    return reply.code(404).type('application/problem+json').send(JSON.stringify(answer));
  });

  // Or a connection whose last answer is under way when we close would be kept open, and we with it.
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });

  app.get('/health', async (_request, reply) => {
    const answer = await health();
    if (answer.isServing) return { ...self, role: answer.role };
    const { problem, missing } = answer;
    reply.code(problem.status).type('application/problem+json');
    return JSON.stringify({ ...problem, ...self, missing });
  });
  routes(app);
  return app;
}
