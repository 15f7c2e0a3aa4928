/** What of libsodium, compiled to WebAssembly, is used. Addresses are of its memory; a length of 64 bits is two halves, the lower first. */
declare module 'libsodium' {
  export interface Sodium {
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _sodium_init(): number;
    _crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      cipherText: number,
      tag: number,
      tagBytesAt: 0,
      text: number,
      textBytes: number,
      textBytesUpper: 0,
      covered: number,
      coveredBytes: number,
      coveredBytesUpper: 0,
      noSecretNonce: 0,
      nonce: number,
      key: number,
    ): 0;
    /** Not 0 where the tag does not fit. */
    _crypto_aead_chacha20poly1305_ietf_decrypt_detached(
      text: number,
      noSecretNonce: 0,
      cipherText: number,
      cipherTextBytes: number,
      cipherTextBytesUpper: 0,
      tag: number,
      covered: number,
      coveredBytes: number,
      coveredBytesUpper: 0,
      nonce: number,
      key: number,
    ): number;
  }

  /** `getRandomValue`: 32 random bits; without it the library looks for a source that modules of Node 20 do not have. */
  export default function instantiate(options: { readonly getRandomValue: () => number }): Promise<Sodium>;
}
