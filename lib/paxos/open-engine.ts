import { TreplicaError } from '../model/errors.js';
import { defaultLog } from '../queue/default-log.js';
import type { NetworkEvent } from '../queue/events.js';
import { guardedLog } from '../queue/guarded-log.js';
import { logEvents } from '../queue/log/log-events.js';
import { Subscribers } from '../queue/subscribers.js';
import type { Receiver, Transport, TransportLog } from '../transport/transport.js';
import { EngineLife } from './engine-life.js';
import { beginWith, type KeySource } from './key-source.js';
import { type KeyFile, type KeysOption, readKeyFile, readKeys } from './keys.js';
import { settingsOf } from './limits.js';
import { baseOf, openLedger } from './opening.js';
import { checkOptions, type QueueOptions } from './options.js';
import type { QueuePorts } from './ports.js';

/** Makes an engine on `ports`, and waits until its process belongs to a group: see `create` of the public class. */
export async function openEngine(queueId: string, options: QueueOptions, ports: QueuePorts): Promise<EngineLife> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  const log = guardedLog(options.log ?? defaultLog(), queueId);
  const subscribers = new Subscribers();
  subscribers.subscribe(logEvents(log, queueId));
  if (options.listener !== undefined) subscribers.subscribe(options.listener);
  const keys = options.keys === undefined ? null : await keysOf(options.keys, subscribers, ports.readKeyFile);
  for (;;) {
    try {
      return await openOnce(queueId, options, ports, subscribers, keys);
    } catch (error) {
      // Nobody has been given a queue yet: the process begins anew by itself.
      if (!(error instanceof TreplicaError) || error.code !== 'FOUNDING_FAILED') throw error;
    }
  }
}

/** A file that others may read is told of, also when it is read again. */
async function keysOf(option: KeysOption, subscribers: Subscribers, readFile = readKeyFile): Promise<KeySource> {
  const tellExposed = ({ path, exposedMode }: KeyFile): void => {
    if (exposedMode !== null) subscribers.tell({ kind: 'keys-exposed', path, mode: exposedMode });
  };
  const { ring, file } = await readKeys(option, readFile);
  if (file === null) return { ring, reread: null };
  tellExposed(file);
  const reread = async (): Promise<KeyFile['keys']> => {
    const now = await readFile(file.path);
    tellExposed(now);
    return now.keys;
  };
  return { ring, reread };
}

async function openOnce(
  queueId: string,
  options: QueueOptions,
  ports: QueuePorts,
  subscribers: Subscribers,
  keys: KeySource | null,
): Promise<EngineLife> {
  const settings = settingsOf(options.limits ?? {});
  const opened = await openLedger(
    queueId,
    options,
    ports,
    { settings, randomBytes: (count) => ports.scheduler.randomBytes(count) },
    (event) => {
      subscribers.tell(event);
    },
  );
  const { ledger, claimed } = opened;
  let transport: Transport | null = null;
  try {
    const { base, loss } = await baseOf(opened, queueId);
    if (keys !== null) beginWith(keys, claimed.past.keys);
    // Messages that arrive before the engine exists are lost, as datagrams may be.
    let receive: Receiver = () => undefined;
    transport = await ports.openTransport(
      claimed.identity.process,
      claimed.start,
      (from, group, message, start) => {
        receive(from, group, message, start);
      },
      networkLog(subscribers),
      keys?.ring ?? null,
    );
    options.signal?.throwIfAborted();
    const life = new EngineLife({
      ...{ queueId, options, ports, settings, ledger, transport, claimed, base, loss, subscribers, keys },
    });
    const { driver } = life.engine;
    receive = (from, group, message, start) => {
      driver.receive(from, group, message, start);
    };
    await life.founded(options.signal);
    return life;
  } catch (error) {
    await transport?.close();
    await ledger.close();
    throw error;
  }
}

/** What the transport says, as events. */
function networkLog(subscribers: Subscribers): TransportLog {
  const told = (level: NetworkEvent['level']) => (facts: object, text: string) => {
    subscribers.tell({ kind: 'network', level, facts, text });
  };
  return { debug: told('debug'), info: told('info'), warn: told('warn') };
}
