import type { FieldReader } from '../../bytes/field-reader.js';
import type { FieldWriter } from '../../bytes/field-writer.js';
import { OWN_STARTS_MAX, PEER_STARTS_MAX, type PeerStarts, type Start } from '../../model/start.js';
import { MAX_MEMBERS } from '../../model/view.js';
import type { CodecsOf } from './codec.js';
import type { StartMessage } from './start-messages.js';

export const startCodecs: CodecsOf<StartMessage> = {
  start: {
    code: 40,
    write: (out, { former, peers }) => out.list(former, writeStart).list(peers, writePeerStarts),
    read: (input) => ({ kind: 'start', former: readFormer(input), peers: readPeers(input) }),
  },
  welcome: {
    code: 41,
    write: (out, { to, isMet, former, peers }) => {
      writeStart(out, to);
      out.flag(isMet).list(former, writeStart).list(peers, writePeerStarts);
    },
    read: (input) => ({
      kind: 'welcome',
      to: input.start(),
      isMet: input.flag(),
      former: readFormer(input),
      peers: readPeers(input),
    }),
  },
};

/** Views whose members vote on what is undecided. */
const VIEWS_MAX = 2;

function writeStart(out: FieldWriter, { incarnation, nonce }: Start): void {
  out.natural(incarnation).id(nonce);
}

function readStart(input: FieldReader): Start {
  return input.start();
}

function writePeerStarts(out: FieldWriter, { process, starts, isForked }: PeerStarts): void {
  out.id(process).flag(isForked).list(starts, writeStart);
}

function readPeerStarts(input: FieldReader): PeerStarts {
  const process = input.processId();
  const isForked = input.flag();
  return { process, isForked, starts: input.shortList(readStart, PEER_STARTS_MAX) };
}

function readFormer(input: FieldReader): readonly Start[] {
  return input.shortList(readStart, OWN_STARTS_MAX);
}

function readPeers(input: FieldReader): readonly PeerStarts[] {
  return input.shortList(readPeerStarts, VIEWS_MAX * MAX_MEMBERS);
}
