/** Accounts as customer service looks after them. */

import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { components } from "@mshield/api/console.ts";

type Schemas = components["schemas"];
export type Account = Schemas["ConsoleAccountMessage"];
export type AccountRecord = Schemas["AccountRecordMessage"];
export type AccountLogin = Schemas["AccountLoginMessage"];
export type AccountAct = Schemas["AccountActMessage"];
export type AccountProof = Schemas["AccountProofMessage"];
export type PhoneChanged = Schemas["PhoneChangedMessage"];

export async function findAccount(phone: string): Promise<Account> {
  return answered(api.GET("/api/console/accounts", { params: { query: { phone } } }));
}

const ofAccount = (account_id: string) => ({ params: { path: { account_id } } });

export async function readAccount(id: string): Promise<AccountRecord> {
  return answered(api.GET("/api/console/accounts/{account_id}", ofAccount(id)));
}

/** What proves whose the account is, the newest first. */
export async function readProofs(id: string): Promise<readonly AccountProof[]> {
  return (await answered(api.GET("/api/console/accounts/{account_id}/proofs", ofAccount(id)))).items;
}

export async function changePhone(id: string, phone: string, evidence: string): Promise<PhoneChanged> {
  const body = { phone, evidence };
  return answered(api.POST("/api/console/accounts/{account_id}/phone", { ...ofAccount(id), body }));
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
