/** Customer service's calls about accounts. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Query } from "../../engine/types.ts";
import type { components } from "@mshield/api/console.ts";

type Schemas = components["schemas"];
export type Account = Schemas["ConsoleAccountMessage"];
export type AccountRecord = Schemas["AccountRecordMessage"];
export type AccountLogin = Schemas["AccountLoginMessage"];
export type AccountAct = Schemas["AccountActMessage"];
export type AccountProof = Schemas["AccountProofMessage"];
export type Consent = Schemas["HandedOnMessage"];
export type PhoneChanged = Schemas["PhoneChangedMessage"];
export type PhoneCodeSent = Schemas["PhoneCodeSentMessage"];
export type PendingApproval = Schemas["ApprovalMessage"];
export type Erasure = Schemas["ErasureMessage"];
export type Which = Schemas["PhoneCodeMessage"]["to"];

export const searchAccounts = (query: Query<"searchAccounts">) =>
  unwrapAnswer(api.GET("/api/console/accounts/search", { params: { query } }));

const ofAccount = (account_id: string) => ({ params: { path: { account_id } } });

export async function readAccount(id: string): Promise<AccountRecord> {
  return unwrapAnswer(api.GET("/api/console/accounts/{account_id}", ofAccount(id)));
}

/** Returns what erasing the person's data would do; changes nothing. */
export async function foreseeErasure(id: string): Promise<Erasure> {
  return unwrapAnswer(api.GET("/api/console/accounts/{account_id}/erasure", ofAccount(id)));
}

/** Returns the proofs of the account's owner, newest first. */
export async function readProofs(id: string): Promise<readonly AccountProof[]> {
  return (await unwrapAnswer(api.GET("/api/console/accounts/{account_id}/proofs", ofAccount(id)))).items;
}

/** Returns the accounts that its shield proved by a consent, oldest first. */
export async function readConsents(id: string): Promise<readonly Consent[]> {
  return (await unwrapAnswer(api.GET("/api/console/accounts/{account_id}/consents", ofAccount(id)))).items;
}

export async function endConsent(id: string, proofId: string, reason: string): Promise<void> {
  await unwrapAnswer(
    api.POST("/api/console/accounts/{account_id}/consents/{proof_id}/end", {
      params: { path: { account_id: id, proof_id: proofId } },
      body: { reason },
    }),
  );
}

/** Data of a change once the new number's code was entered. */
export interface NewNumber {
  readonly phone: string;
  readonly evidence: string;
  readonly new_code: string;
}

/** Sends a code to one of the two numbers, for its holder to read out. */
export async function sendPhoneCode(id: string, phone: string, to: Which): Promise<PhoneCodeSent> {
  const body = { phone, to };
  return unwrapAnswer(api.POST("/api/console/accounts/{account_id}/phone-codes", { ...ofAccount(id), body }));
}

/** Checks the new number's code: a wrong one uses an attempt, a right one isn't used up. */
export async function checkPhoneCode(id: string, phone: string, newCode: string): Promise<void> {
  const body = { phone, new_code: newCode };
  await unwrapAnswer(
    api.POST("/api/console/accounts/{account_id}/phone-codes/check", { ...ofAccount(id), body }),
  );
}

/** Changes the number at once, by codes from both numbers. */
export async function changePhone(id: string, change: NewNumber, oldCode: string): Promise<PhoneChanged> {
  const body = { ...change, old_code: oldCode };
  return unwrapAnswer(api.POST("/api/console/accounts/{account_id}/phone", { ...ofAccount(id), body }));
}

/** Requests the decision of a second member of staff, if no code reaches the old number. */
export async function askPhoneChange(
  id: string,
  change: NewNumber,
  reason: string,
): Promise<PendingApproval> {
  const body = { ...change, reason };
  return unwrapAnswer(
    api.POST("/api/console/accounts/{account_id}/phone-questions", { ...ofAccount(id), body }),
  );
}

/** Stops a pending change; the number stays. */
export async function stopPhoneChange(id: string, reason: string): Promise<void> {
  const body = { reason };
  await unwrapAnswer(api.POST("/api/console/accounts/{account_id}/phone-stop", { ...ofAccount(id), body }));
}

/** Changes the state; returns how many logins ended. */
export async function setState(id: string, state: Account["state"], reason: string): Promise<number> {
  const body = { state, reason };
  const call = api.POST("/api/console/accounts/{account_id}/state", { ...ofAccount(id), body });
  return (await unwrapAnswer(call)).logins_ended;
}

/** Ends one login, or all for null; returns how many ended. */
export async function endLogins(id: string, loginId: string | null, reason: string): Promise<number> {
  const body = { login_id: loginId, reason };
  const call = api.POST("/api/console/accounts/{account_id}/logouts", { ...ofAccount(id), body });
  return (await unwrapAnswer(call)).logins_ended;
}
