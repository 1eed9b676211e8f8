/**
 * The PIN, sealed under a key that the phone's authenticator releases after a fingerprint or face check
 * (WebAuthn PRF), and the single record that stores it, in a database of its own.
 *
 * The cipher is AES-256-GCM with a key derived from the PRF output by HKDF-SHA-256. The box is bound to the
 * co-signing key and to the date its PIN was set, so it can't be used for another key or after a PIN change.
 */

import type { PinPrompt } from "@mshield/shield";
import { Database, result } from "@mshield/shield/database";

/** The key and the date of the PIN that a box belongs to. */
export type PinOwner = Pick<PinPrompt, "keyId" | "pinSetAt">;

export interface SealedPin extends PinOwner {
  readonly credentialId: Uint8Array<ArrayBuffer>;
  /** Input of the PRF. */
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly box: Uint8Array<ArrayBuffer>;
}

const DATABASE = "mshield-biometric";
const STORE = "pin";
const RECORD = "sealed";
const PURPOSE = new TextEncoder().encode("MSHIELD/v1/biometric");

/** Derives the sealing key from a PRF output; the key is not extractable. */
export async function sealingKey(output: BufferSource): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", output, "HKDF", false, ["deriveKey"]);
  const derive = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: PURPOSE };
  return await crypto.subtle.deriveKey(derive, secret, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

function bound({ keyId, pinSetAt }: PinOwner): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`MSHIELD/v1/biometric|${keyId}|${pinSetAt}`);
}

export async function seal(
  key: CryptoKey,
  owner: PinOwner,
  pin: string,
): Promise<Pick<SealedPin, "iv" | "box">> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const algorithm = { name: "AES-GCM", iv, additionalData: bound(owner) };
  return {
    iv,
    box: new Uint8Array(await crypto.subtle.encrypt(algorithm, key, new TextEncoder().encode(pin))),
  };
}

/** Decrypts the PIN. Throws if the key or the owner doesn't match. */
export async function unseal(key: CryptoKey, sealed: SealedPin): Promise<string> {
  const algorithm = { name: "AES-GCM", iv: sealed.iv, additionalData: bound(sealed) };
  return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, sealed.box));
}

export async function readSealed(): Promise<SealedPin | null> {
  return (await inStore<SealedPin | undefined>("readonly", (store) => store.get(RECORD))) ?? null;
}

export async function storeSealed(sealed: SealedPin): Promise<void> {
  await inStore("readwrite", (store) => store.put(sealed, RECORD));
}

export async function deleteSealed(): Promise<void> {
  await inStore("readwrite", (store) => store.delete(RECORD));
}

async function inStore<T>(
  mode: IDBTransactionMode,
  request: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await Database.open(DATABASE, STORE);
  try {
    return await database.use(mode, (store) => result(request(store)), { durability: "strict" });
  } finally {
    database.close();
  }
}
