/**
 * Fingerprint or face in place of typing the PIN: off until the user switches it on. The authenticator only opens the
 * sealed PIN; whether it is right is still decided, and counted, by the service.
 */

import { PhoneError } from "@mshield/shield";

import {
  dropSealed,
  keepSealed,
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

/** Whether this phone can do it: a built-in authenticator that knows its user, and PRF as far as the browser says. */
export async function canBiometric(): Promise<boolean> {
  const api = globalThis.PublicKeyCredential as typeof PublicKeyCredential | undefined;
  if (!(await api?.isUserVerifyingPlatformAuthenticatorAvailable?.().catch(() => false))) {
    return false;
  }
  const known = await api?.getClientCapabilities?.().catch(() => null);
  // A browser that doesn't tell yet is asked by trying: the new credential says whether it can.
  return (known as Record<string, boolean> | null | undefined)?.["extension:prf"] ?? true;
}

/** Whether it is switched on. */
export async function isBiometricOn(): Promise<boolean> {
  return (await readSealed().catch(() => null)) !== null;
}

/** Whether it can give the PIN that is asked for; a box for a PIN that is no longer in force is removed. */
export async function fitsBiometric(owner: PinOwner): Promise<boolean> {
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

/** Makes a credential; null where the user went back, PhoneError `no_prf` where the phone can't do it. */
export async function makeSealer(userName: string): Promise<Sealer | null> {
  const salt = random(32);
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: random(32), // nobody checks an answer: the credential is for this phone alone
    rp: { id: location.hostname, name: "手机盾" },
    user: { id: random(16), name: userName, displayName: userName },
    pubKeyCredParams: [
      { type: "public-key", alg: -7 },
      { type: "public-key", alg: -257 },
    ],
    authenticatorSelection: {
      authenticatorAttachment: "platform",
      residentKey: "required", // Android has PRF for these alone
      userVerification: "required",
    },
    attestation: "none",
    timeout: TIMEOUT_MS,
    extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
  };
  const credential = await asked(() => navigator.credentials.create({ publicKey }));
  if (credential === null) {
    return null;
  }
  const credentialId = new Uint8Array(credential.rawId);
  const { prf } = credential.getClientExtensionResults() as PrfOutputs;
  // Some give the output at once, some only with the first use.
  const output = prf?.results?.first ?? (prf?.enabled ? await evaluate(credentialId, salt) : undefined);
  if (output === undefined) {
    await forgetCredential(credentialId);
    throw noPrf();
  }
  return output && { credentialId, salt, key: await sealingKey(output) };
}

/** Keeps a PIN that the service has just accepted. */
export async function keepPin({ key, ...where }: Sealer, owner: PinOwner, pin: string): Promise<void> {
  const { keyId, pinSetAt } = owner;
  await keepSealed({ ...where, keyId, pinSetAt, ...(await seal(key, owner, pin)) });
}

/** Gives a new credential up that seals nothing. */
export async function forgetSealer({ credentialId }: Sealer): Promise<void> {
  await forgetCredential(credentialId);
}

/** Asks for fingerprint or face; null where the user went back. Throws where what is stored can't be opened. */
export async function openPin(): Promise<string | null> {
  const sealed = await readSealed();
  const output = sealed && (await evaluate(sealed.credentialId, sealed.salt));
  return sealed && output && (await unseal(await sealingKey(output), sealed));
}

/** Switches it off: the sealed PIN goes, and the phone's list of passkeys loses the entry where it can. */
export async function removeBiometric(): Promise<void> {
  const sealed = await readSealed().catch(() => null);
  await dropSealed();
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
  const got = await asked(() => navigator.credentials.get({ publicKey }));
  if (got === null) {
    return null;
  }
  const output = (got.getClientExtensionResults() as PrfOutputs).prf?.results?.first;
  if (output === undefined) {
    throw noPrf();
  }
  return output;
}

/** The browser's dialog; null where it was closed or took too long. */
async function asked(show: () => Promise<Credential | null>): Promise<PublicKeyCredential | null> {
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
  // A courtesy to the user's list of passkeys: without the sealed PIN the credential opens nothing.
  await signal?.call(PublicKeyCredential, { rpId: location.hostname, credentialId }).catch(() => undefined);
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
