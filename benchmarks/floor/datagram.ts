/** The header of the datagrams of the floor; a vote is nothing else, a proposal is filled up. */
export interface Header {
  readonly kind: 'proposal' | 'vote';
  /** Index of the station that sends it. */
  readonly from: number;
  /** Whether the proposal is to be written before it is voted for. */
  readonly syncs: boolean;
  readonly operation: number;
}

export const HEADER_BYTES = 7;

export function writeHeader(datagram: Buffer, { kind, from, syncs, operation }: Header): Buffer {
  datagram.writeUInt8(kind === 'proposal' ? 1 : 0, 0);
  datagram.writeUInt8(from, 1);
  datagram.writeUInt8(syncs ? 1 : 0, 2);
  datagram.writeUInt32BE(operation, 3);
  return datagram;
}

export function readHeader(datagram: Buffer): Header {
  return {
    kind: datagram.readUInt8(0) === 1 ? 'proposal' : 'vote',
    from: datagram.readUInt8(1),
    syncs: datagram.readUInt8(2) === 1,
    operation: datagram.readUInt32BE(3),
  };
}
