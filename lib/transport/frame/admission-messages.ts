/**
 * The messages by which two starts meet under a key, inside frames like all other messages. The first byte tells them apart from
 * those about lanes. All have one length, and so have the frames with one of them: no answer is longer than what it answers.
 *
 * | offset | bytes | field |
 * | --- | --- | --- |
 * | 0 | 1 | 0xfa |
 * | 1 | 1 | 0 opening, 1 challenge, 2 answer |
 * | 2 | 2 | port at which the sender is reached, by both lanes |
 * | 4 | 16 | proof; zero in an opening, and otherwise the first 4 bytes of the nonce of the start that is challenged, and 12 of a MAC |
 */
export interface AdmissionMessage {
  /**
   * `opening`: the sender is there; the first frame of a start, and of each connection of the bulk lane. `challenge`: the sender has
   * not met the receiver's start, and hears it once this proof has come back. `answer`: brings it back.
   */
  readonly kind: 'opening' | 'challenge' | 'answer';
  readonly port: number;
  readonly proof: Uint8Array;
}

export const PROOF_BYTES = 16;
/** Of the nonce of the start that is challenged: what a proof begins with. */
export const CHALLENGED_BYTES = 4;
export const NO_PROOF = new Uint8Array(PROOF_BYTES);

const KINDS = ['opening', 'challenge', 'answer'] as const;
const FIRST_BYTE = 0xfa;
const KIND_AT = 1;
const PORT_AT = 2;
const PROOF_AT = 4;
export const ADMISSION_BYTES = PROOF_AT + PROOF_BYTES;

export function encodeAdmission({ kind, port, proof }: AdmissionMessage): Uint8Array {
  const bytes = Buffer.alloc(ADMISSION_BYTES);
  bytes[0] = FIRST_BYTE;
  bytes[KIND_AT] = KINDS.indexOf(kind);
  bytes.writeUInt16BE(port, PORT_AT);
  bytes.set(proof, PROOF_AT);
  return bytes;
}

/** The message that `bytes` are, or null where they are none. */
export function decodeAdmission(bytes: Buffer): AdmissionMessage | null {
  if (bytes[0] !== FIRST_BYTE || bytes.length !== ADMISSION_BYTES) return null;
  const kind = KINDS[bytes[KIND_AT] ?? KINDS.length];
  if (kind === undefined) return null;
  return { kind, port: bytes.readUInt16BE(PORT_AT), proof: bytes.subarray(PROOF_AT) };
}
