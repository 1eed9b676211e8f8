/**
 * Fingerprint or face instead of typing the PIN; off until the user switches it on. The authenticator only
 * decrypts the sealed PIN. The service still checks the PIN and counts failures.
 */

import { PhoneError } from "@mshield/shield";

import {
  deleteSealed,
  storeSealed,
  type PinOwner,
  readSealed,
  seal,
  type SealedPin,
  sealingKey,
  unseal,
} from "./biometric_box.ts";

interface PrfOutputs {
  readonly prf?: { readonly enabled?: boolean; readonly results?: { readonly first?: BufferSource } };
}

/** A new credential whose key can seal a PIN. */
export interface Sealer {
  readonly credentialId: Uint8Array<ArrayBuffer>;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly key: CryptoKey;
}

const TIMEOUT_MS = 60_000;

/**
 * Returns whether this phone supports biometric entry. That needs a built-in authenticator that verifies the
 * user, and PRF support as far as the browser reports it.
 */
export async function canBiometric(): Promise<boolean> {
  const api = globalThis.PublicKeyCredential as typeof PublicKeyCredential | undefined;
  if (!(await api?.isUserVerifyingPlatformAuthenticatorAvailable?.().catch(() => false))) {
    return false;
  }
  const capabilities = await api?.getClientCapabilities?.().catch(() => null);
  // If the browser doesn't report PRF support, assume it: creating the credential will show.
  return (capabilities as Record<string, boolean> | null | undefined)?.["extension:prf"] ?? true;
}

/** Returns whether biometric entry is switched on. */
export async function isBiometricOn(): Promise<boolean> {
  return (await readSealed().catch(() => null)) !== null;
}

/** Returns whether the sealed PIN is the one requested; removes a sealed PIN that is no longer in force. */
export async function hasSealedPin(owner: PinOwner): Promise<boolean> {
  const sealed = await readSealed().catch(() => null);
  if (sealed === null) {
    return false;
  }
  if (sealed.keyId !== owner.keyId || sealed.pinSetAt !== owner.pinSetAt) {
    await removeBiometric();
    return false;
  }
  return true;
}

/**
 * Creates a credential. Returns null if the user cancels. Raises: PhoneError `no_prf` if the phone doesn't
 * support PRF.
 */
export async function makeSealer(userName: string): Promise<Sealer | null> {
  const salt = random(32);
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: random(32), // the answer is never verified: only this phone uses the credential
    rp: { id: location.hostname, name: "手机盾" },
    user: { id: random(16), name: userName, displayName: userName },
    pubKeyCredParams: [
      { type: "public-key", alg: -7 },
      { type: "public-key", alg: -257 },
    ],
    authenticatorSelection: {
      authenticatorAttachment: "platform",
      residentKey: "required", // Android supports PRF only for resident keys
      userVerification: "required",
    },
    attestation: "none",
    timeout: TIMEOUT_MS,
    extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
  };
  const credential = await showDialog(() => navigator.credentials.create({ publicKey }));
  if (credential === null) {
    return null;
  }
  const credentialId = new Uint8Array(credential.rawId);
  const { prf } = credential.getClientExtensionResults() as PrfOutputs;
  // Some authenticators return the PRF output at creation, others only at the first use.
  const output = prf?.results?.first ?? (prf?.enabled ? await evaluate(credentialId, salt) : undefined);
  if (output === undefined) {
    await forgetCredential(credentialId);
    throw noPrf();
  }
  return output && { credentialId, salt, key: await sealingKey(output) };
}

/** Seals and stores a PIN that the service has just accepted. */
export async function storePin({ key, ...where }: Sealer, owner: PinOwner, pin: string): Promise<void> {
  const { keyId, pinSetAt } = owner;
  await storeSealed({ ...where, keyId, pinSetAt, ...(await seal(key, owner, pin)) });
}

/** Removes a new credential that seals no PIN yet. */
export async function forgetSealer({ credentialId }: Sealer): Promise<void> {
  await forgetCredential(credentialId);
}

/**
 * Asks for fingerprint or face and returns the PIN; null if the user cancels. Throws if the stored PIN can't
 * be decrypted.
 */
export async function openPin(): Promise<string | null> {
  const sealed = await readSealed();
  const output = sealed && (await evaluate(sealed.credentialId, sealed.salt));
  return sealed && output && (await unseal(await sealingKey(output), sealed));
}

/**
 * Switches biometric entry off: deletes the sealed PIN and, where possible, the entry in the phone's list of
 * passkeys.
 */
export async function removeBiometric(): Promise<void> {
  const sealed = await readSealed().catch(() => null);
  await deleteSealed();
  if (sealed !== null) {
    await forgetCredential(sealed.credentialId);
  }
}

async function evaluate(
  credentialId: SealedPin["credentialId"],
  salt: SealedPin["salt"],
): Promise<BufferSource | null> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: random(32),
    rpId: location.hostname,
    allowCredentials: [{ type: "public-key", id: credentialId, transports: ["internal"] }],
    userVerification: "required",
    timeout: TIMEOUT_MS,
    extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
  };
  const got = await showDialog(() => navigator.credentials.get({ publicKey }));
  if (got === null) {
    return null;
  }
  const output = (got.getClientExtensionResults() as PrfOutputs).prf?.results?.first;
  if (output === undefined) {
    throw noPrf();
  }
  return output;
}

/** Shows the browser's dialog; returns null if it was closed or timed out. */
async function showDialog(show: () => Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await show()) as PublicKeyCredential | null;
  } catch (error) {
    if (error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError")) {
      return null;
    }
    if (error instanceof DOMException) {
      throw noPrf(error.name);
    }
    throw error;
  }
}

function noPrf(detail?: string): PhoneError {
  return new PhoneError("no_prf", detail, {
    zh: "这部手机或浏览器还不支持，没有任何改动。请继续输入 PIN 码",
    en: "This phone or browser can't do it yet; nothing was changed. Go on with your PIN",
  });
}

async function forgetCredential(id: Uint8Array<ArrayBuffer>): Promise<void> {
  const signal = (
    PublicKeyCredential as unknown as {
      signalUnknownCredential?: (which: { rpId: string; credentialId: string }) => Promise<void>;
    }
  ).signalUnknownCredential;
  const credentialId = btoa(String.fromCharCode(...id))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
  // This only tidies the user's list of passkeys: without the sealed PIN, the credential is useless.
  await signal?.call(PublicKeyCredential, { rpId: location.hostname, credentialId }).catch(() => undefined);
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
