/**
 * DPoP proofs (RFC 9449) by the device key: ES256, with the extra claim `bd` over the body. One proof per
 * call.
 */

import { utf8 } from "@mshield/gm";

/** Credentials sent with a call. */
export interface Credentials {
  readonly deviceKey: CryptoKeyPair;
  readonly token?: string;
  readonly nonce?: string;
}

export interface Call {
  readonly method: string;
  /** scheme://host/path as addressed, without query. */
  readonly url: string;
  /** Empty if the call has none. */
  readonly body: Uint8Array;
  /** In ms since the epoch. */
  readonly now: number;
}

/** Returns the `DPoP` header of one call. */
export async function proof({ deviceKey, token, nonce }: Credentials, call: Call): Promise<string> {
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: await publicJwk(deviceKey) };
  const claims = {
    htm: call.method,
    htu: call.url,
    iat: Math.floor(call.now / 1000),
    jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
    bd: base64url(await sha256(call.body)),
    ...(token === undefined ? {} : { ath: base64url(await sha256(utf8(token))) }),
    ...(nonce === undefined ? {} : { nonce }),
  };
  const input = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
  // WebCrypto returns r‖s, the form that a JWS needs.
  const how = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(how, deviceKey.privateKey, owned(utf8(input)));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

/** Returns the JWK thumbprint (RFC 7638), the `jkt` that a token is bound to. */
export async function thumbprint(deviceKey: CryptoKeyPair): Promise<string> {
  const { crv, kty, x, y } = await publicJwk(deviceKey);
  return base64url(await sha256(utf8(JSON.stringify({ crv, kty, x, y }))));
}

async function publicJwk(deviceKey: CryptoKeyPair): Promise<Record<"crv" | "kty" | "x" | "y", string>> {
  const { x, y } = await crypto.subtle.exportKey("jwk", deviceKey.publicKey);
  return { crv: "P-256", kty: "EC", x: x!, y: y! };
}

/** Encodes as base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", owned(bytes)));
}

/** Copies the bytes into the form that WebCrypto accepts. */
export function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
