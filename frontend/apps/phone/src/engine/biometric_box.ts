/**
 * The PIN sealed under a key that the phone's authenticator gives after a fingerprint or a face (WebAuthn PRF), and the
 * one record that keeps it, in a database of its own.
 *
 * AES-256-GCM, its key by HKDF-SHA-256 from the PRF's output; bound to the co-signing key and to the day its PIN was
 * set, so that a box can't be used for another key or a changed PIN.
 */

import type { PinPrompt } from "@mshield/shield";

/** For which PIN of which key. */
export type PinOwner = Pick<PinPrompt, "keyId" | "pinSetAt">;

export interface SealedPin extends PinOwner {
  readonly credentialId: Uint8Array<ArrayBuffer>;
  /** What the PRF is asked about. */
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly box: Uint8Array<ArrayBuffer>;
}

const DATABASE = "mshield-biometric";
const STORE = "pin";
const RECORD = "sealed";
const PURPOSE = new TextEncoder().encode("MSHIELD/v1/biometric");

/** The sealing key behind a PRF's output; can't be extracted. */
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

/** Throws where the key or the owner is another one. */
export async function unseal(key: CryptoKey, sealed: SealedPin): Promise<string> {
  const algorithm = { name: "AES-GCM", iv: sealed.iv, additionalData: bound(sealed) };
  return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, sealed.box));
}

export async function readSealed(): Promise<SealedPin | null> {
  return await inStore("readonly", (store) => store.get(RECORD) as IDBRequest<SealedPin | undefined>, null);
}

export async function keepSealed(sealed: SealedPin): Promise<void> {
  await inStore("readwrite", (store) => store.put(sealed, RECORD), null);
}

export async function dropSealed(): Promise<void> {
  await inStore("readwrite", (store) => store.delete(RECORD), null);
}

async function inStore<T, D>(
  mode: IDBTransactionMode,
  use: (store: IDBObjectStore) => IDBRequest<T>,
  none: D,
): Promise<NonNullable<T> | D> {
  const database = await open();
  try {
    const request = use(database.transaction(STORE, mode, { durability: "strict" }).objectStore(STORE));
    const transaction = request.transaction!;
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve());
      for (const failed of ["abort", "error"] as const) {
        transaction.addEventListener(failed, () => reject(transaction.error ?? new Error(failed)));
      }
    });
    return request.result ?? none;
  } finally {
    database.close();
  }
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  return await new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("failed")));
  });
}
