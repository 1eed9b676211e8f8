/** Security keys and passkeys: conversion between service and browser. The user is always verified. */

import { Problem } from "@mshield/desk/problem.ts";

import type { Assertion, KeyOffer, KeyRequest, Registration } from "./types.ts";

const TIMEOUT_MS = 120_000;

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

export function toBase64url(bytes: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Reports whether this browser supports keys. */
export function knowsKeys(): boolean {
  return typeof PublicKeyCredential === "function";
}

/** Has a key created for this user. Throws: Problem if the user or the browser refuses. */
export async function enrol(offer: KeyOffer): Promise<Registration> {
  const credential = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: fromBase64url(offer.challenge),
        rp: { id: offer.rp_id, name: offer.rp_name },
        user: {
          id: fromBase64url(offer.user_id),
          name: offer.user_name,
          displayName: offer.user_name,
        },
        pubKeyCredParams: offer.algorithms.map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: offer.exclude.map(descriptor),
        authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
        attestation: "none",
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    client_data: toBase64url(response.clientDataJSON),
    attestation: toBase64url(response.attestationObject),
  };
}

/** Has one of the user's keys sign. Throws: Problem if the user or the browser refuses. */
export async function sign(request: KeyRequest): Promise<Assertion> {
  const credential = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: fromBase64url(request.challenge),
        rpId: request.rp_id,
        allowCredentials: request.allow.map(descriptor),
        userVerification: "required",
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    credential_id: toBase64url(credential.rawId),
    client_data: toBase64url(response.clientDataJSON),
    authenticator_data: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
  };
}

function descriptor(id: string): PublicKeyCredentialDescriptor {
  return { type: "public-key", id: fromBase64url(id) };
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const answer = await ask();
    if (answer !== null) return answer as PublicKeyCredential;
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") throw alreadyThere();
    if (!(error instanceof DOMException)) throw error;
  }
  throw notDone();
}

function alreadyThere(): Problem {
  return new Problem({
    code: "key_known",
    zh: "这把安全密钥已经登记过，请换一把",
    en: "This security key was added before. Use another one",
  });
}

function notDone(): Problem {
  return new Problem({
    code: "key_not_used",
    zh: "没有用上安全密钥：已取消、超时，或这把密钥没有设置 PIN 或指纹",
    en: "The security key was not used: cancelled, too late, or this key has neither PIN nor fingerprint",
  });
}
