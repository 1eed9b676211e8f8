/** Accounts as customer service looks after them. */

import { answered } from "@mshield/desk/client.ts";

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
export type Question = Schemas["ApprovalMessage"];
export type Erasure = Schemas["ErasureMessage"];
export type Which = Schemas["PhoneCodeMessage"]["to"];

export const searchAccounts = (query: Query<"searchAccounts">) =>
  answered(api.GET("/api/console/accounts/search", { params: { query } }));

const ofAccount = (account_id: string) => ({ params: { path: { account_id } } });

export async function readAccount(id: string): Promise<AccountRecord> {
  return answered(api.GET("/api/console/accounts/{account_id}", ofAccount(id)));
}

/** What erasing the person's data would do; nothing is changed. */
export async function foreseeErasure(id: string): Promise<Erasure> {
  return answered(api.GET("/api/console/accounts/{account_id}/erasure", ofAccount(id)));
}

/** What proves whose the account is, the newest first. */
export async function readProofs(id: string): Promise<readonly AccountProof[]> {
  return (await answered(api.GET("/api/console/accounts/{account_id}/proofs", ofAccount(id)))).items;
}

/** Which other accounts its shield proved by a consent, the oldest first. */
export async function readConsents(id: string): Promise<readonly Consent[]> {
  return (await answered(api.GET("/api/console/accounts/{account_id}/consents", ofAccount(id)))).items;
}

export async function endConsent(id: string, proofId: string, reason: string): Promise<void> {
  await answered(
    api.POST("/api/console/accounts/{account_id}/consents/{proof_id}/end", {
      params: { path: { account_id: id, proof_id: proofId } },
      body: { reason },
    }),
  );
}

/** What is known of a change by the time that the new number's code was told. */
export interface NewNumber {
  readonly phone: string;
  readonly evidence: string;
  readonly new_code: string;
}

/** Sends a code to one of the two numbers, for its holder to read out. */
export async function sendPhoneCode(id: string, phone: string, to: Which): Promise<PhoneCodeSent> {
  const body = { phone, to };
  return answered(api.POST("/api/console/accounts/{account_id}/phone-codes", { ...ofAccount(id), body }));
}

/** Whether the new number's code is right: a wrong one is one of its tries; it stays unspent. */
export async function checkPhoneCode(id: string, phone: string, newCode: string): Promise<void> {
  const body = { phone, new_code: newCode };
  await answered(
    api.POST("/api/console/accounts/{account_id}/phone-codes/check", { ...ofAccount(id), body }),
  );
}

/** By codes from both numbers; done at once. */
export async function changePhone(id: string, change: NewNumber, oldCode: string): Promise<PhoneChanged> {
  const body = { ...change, old_code: oldCode };
  return answered(api.POST("/api/console/accounts/{account_id}/phone", { ...ofAccount(id), body }));
}

/** Where no code reaches the old number: a second member of staff decides. */
export async function askPhoneChange(id: string, change: NewNumber, reason: string): Promise<Question> {
  const body = { ...change, reason };
  return answered(api.POST("/api/console/accounts/{account_id}/phone-questions", { ...ofAccount(id), body }));
}

/** Another number that waits is stopped; the number stays. */
export async function stopPhoneChange(id: string, reason: string): Promise<void> {
  const body = { reason };
  await answered(api.POST("/api/console/accounts/{account_id}/phone-stop", { ...ofAccount(id), body }));
}

/** How many logins ended. */
export async function setState(id: string, state: Account["state"], reason: string): Promise<number> {
  const body = { state, reason };
  const call = api.POST("/api/console/accounts/{account_id}/state", { ...ofAccount(id), body });
  return (await answered(call)).logins_ended;
}

/** Ends one login, or all where null is given; how many ended. */
export async function endLogins(id: string, loginId: string | null, reason: string): Promise<number> {
  const body = { login_id: loginId, reason };
  const call = api.POST("/api/console/accounts/{account_id}/logouts", { ...ofAccount(id), body });
  return (await answered(call)).logins_ended;
}
