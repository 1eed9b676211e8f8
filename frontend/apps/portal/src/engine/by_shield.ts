/** Requests to the legal representative's own phone: to log in, or to sign a serious act. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import type { Cause } from "./acts.ts";
import { api } from "./client.ts";
import { enter } from "./session.ts";
import type { Outcome } from "./types.ts";

/** A request to be scanned. */
export interface Scan {
  readonly id: string;
  readonly token: string;
  /** The two digits shown on both screens. */
  readonly number: string;
}

/** Proof of the legal representative: a code by SMS, or a signature of their shield. */
export type Proof = { readonly sms_code: string } | { readonly request_id: string };

interface Made {
  readonly request_id: string;
  readonly status_token: string;
  readonly number: string;
}

export function scanOf(answer: Made): Scan {
  return { id: answer.request_id, token: answer.status_token, number: answer.number };
}

export async function askLogin(): Promise<Scan> {
  return scanOf(await unwrapAnswer(api.POST("/api/portal/shield-logins")));
}

/** Completes the login once their phone has signed. */
export async function finishLogin({ id, token }: Scan): Promise<void> {
  const body = { request_id: id, status_token: token };
  enter(await unwrapAnswer(api.POST("/api/portal/shield-sessions", { body })));
}

export interface RevocationTerms {
  readonly numbers: readonly string[];
  readonly words: string;
  readonly cause: Cause;
}

function bodyOf({ numbers, words, cause }: RevocationTerms) {
  return { shield_numbers: [...numbers], reason: words, cause };
}

export async function askSignature(creditCode: string, terms: RevocationTerms): Promise<Scan> {
  return scanOf(
    await unwrapAnswer(
      api.POST("/api/portal/enterprises/{credit_code}/revocation-requests", {
        params: { path: { credit_code: creditCode } },
        body: bodyOf(terms),
      }),
    ),
  );
}

/** Revokes shields with a signature or an SMS code as proof. */
export async function revoke(creditCode: string, terms: RevocationTerms, proof: Proof): Promise<Outcome[]> {
  const { items } = await unwrapAnswer(
    api.POST("/api/portal/enterprises/{credit_code}/revocations", {
      params: { path: { credit_code: creditCode } },
      body: { ...bodyOf(terms), ...proof },
    }),
  );
  return items;
}
