/**
 * Proof that the account belongs to the registered person (核验身份): proofs, ways, the request to the legal
 * representative.
 */

import type { Application } from "./enrolment.ts";
import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";

const STATES = ["waiting", "confirmed", "refused", "withdrawn", "expired"] as const;

/** A registration record; name and ID number are the account's. */
export type FilingRecord = Pick<Application, "userType" | "creditCode">;

/** One proof; without an enterprise it is about the person as such. Times in ms. */
export interface IdentityProof {
  readonly way: string;
  readonly provenAt: number;
  readonly countsFrom: number;
  readonly endedAt: number | null;
  readonly endedReason: string | null;
  readonly role: string | null;
  readonly creditCode: string | null;
  readonly enterprise: string | null;
}

/**
 * The account's last request to a legal representative; `remindFrom` is when they can be notified again.
 * Times in ms.
 */
export interface IdentityRequest {
  readonly state: (typeof STATES)[number] | "unknown";
  readonly creditCode: string;
  readonly enterprise: string;
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly remindFrom: number;
  readonly decidedAt: number | null;
}

/**
 * Another account in the same person's name, valid from `countsFrom` unless stopped (`canObject`). Times in
 * ms.
 */
export interface SecondAccount {
  readonly id: string;
  readonly phoneMasked: string;
  readonly way: string;
  readonly role: string | null;
  readonly enterprise: string | null;
  readonly provenAt: number;
  readonly countsFrom: number;
  readonly canObject: boolean;
}

/**
 * Phone number that becomes the account's, or the filed one, at `effectiveAt`, unless it is stopped; empty if the
 * filed one is removed. Times in ms.
 */
export interface PhoneChange {
  readonly kind: "account" | "filed";
  readonly phoneMasked: string;
  readonly effectiveAt: number;
}

/**
 * Proofs, newest first, with the last request, other accounts in the user's name and a pending change of
 * number.
 */
export interface Identity {
  readonly proofs: readonly IdentityProof[];
  readonly request: IdentityRequest | null;
  readonly secondAccounts: readonly SecondAccount[];
  readonly phoneChange: PhoneChange | null;
}

/** A way to prove the identity, and why it isn't available; null if it is. */
export interface IdentityWay {
  readonly way: string;
  readonly reason: string | null;
}

/**
 * State of the account's proof for this record: proven, or from when (ms) a waiting proof counts, and the ways
 * to prove it.
 */
export interface IdentityWays {
  readonly isProven: boolean;
  readonly countsFrom: number | null;
  readonly enterprise: string;
  readonly items: readonly IdentityWay[];
}

/**
 * A request for the person's other phone: a page follows it by `statusToken`; `number` is shown on both
 * screens.
 */
export interface ConsentRequest {
  readonly requestId: string;
  readonly statusToken: string;
  readonly number: string;
}

const REQUESTS = "/api/phone/identity/requests";

export async function identity(operation: Operation): Promise<Identity> {
  const answer = await operation.connection.get("/api/phone/identity", operation.loggedIn());
  const of = new Fields(answer);
  return {
    proofs: of.list("proofs").map(readProof),
    request: of.has("request") ? readRequest((answer as { request: unknown }).request) : null,
    secondAccounts: of.list("second_accounts").map(readSecond),
    phoneChange: of.has("phone_change")
      ? readPhoneChange((answer as { phone_change: unknown }).phone_change)
      : null,
  };
}

/** Stops a pending change of the account's phone number ("I didn't ask for it"). */
export async function stopPhoneChange(operation: Operation): Promise<void> {
  await operation.connection.post("/api/phone/identity/phone-change/stop", operation.loggedIn());
}

/**
 * Objects to another account in the user's name ("this isn't me"), ending its proof before it is valid. Once
 * per account.
 */
export async function objectToSecondAccount(operation: Operation, id: string): Promise<void> {
  const path = `/api/phone/identity/second-accounts/${encodeURIComponent(id)}/objection`;
  await operation.connection.post(path, operation.loggedIn());
}

/** Returns the ways for a record; changes nothing. */
export async function identityWays(operation: Operation, record: FilingRecord): Promise<IdentityWays> {
  const payload = payloadOf(record);
  const of = new Fields(
    await operation.connection.post("/api/phone/identity/ways", operation.loggedIn(), payload),
  );
  return {
    isProven: of.flag("proven"),
    countsFrom: of.integerOrNull("counts_from"),
    enterprise: of.text("enterprise"),
    items: of.list("items").map((item) => {
      const way = new Fields(item);
      return { way: way.text("way"), reason: way.textOrNull("reason") };
    }),
  };
}

/** Notifies the enterprise's legal representative that this operator waits for them. */
export async function askLegalPerson(operation: Operation, record: FilingRecord): Promise<IdentityRequest> {
  const payload = payloadOf(record);
  return readRequest(await operation.connection.post(REQUESTS, operation.loggedIn(), payload));
}

export async function remindLegalPerson(operation: Operation): Promise<IdentityRequest> {
  const path = `${REQUESTS}/current/remind`;
  return readRequest(await operation.connection.post(path, operation.loggedIn()));
}

export async function withdrawIdentityRequest(operation: Operation): Promise<void> {
  await operation.connection.delete(`${REQUESTS}/current`, operation.loggedIn());
}

/** Requests the consent of this record's shield that the person has on another phone. */
export async function askOwnShield(operation: Operation, record: FilingRecord): Promise<ConsentRequest> {
  const path = "/api/phone/identity/consents";
  const of = new Fields(await operation.connection.post(path, operation.loggedIn(), payloadOf(record)));
  return {
    requestId: of.text("request_id"),
    statusToken: of.text("status_token"),
    number: of.text("number"),
  };
}

/**
 * Has the carrier verify the number's holder, who agreed to that. Returns the time (ms) from which it is
 * valid.
 */
export async function checkRealName(
  operation: Operation,
  record: FilingRecord,
  smsCode: string,
): Promise<number> {
  const payload = { ...payloadOf(record), sms_code: smsCode, agreed: true };
  const path = "/api/phone/identity/real-name";
  return new Fields(await operation.connection.post(path, operation.loggedIn(), payload)).integer(
    "counts_from",
  );
}

/** Proves the account by an activation code; returns the time (ms) from which it is valid. */
export async function useActivationCode(operation: Operation, code: string): Promise<number> {
  const payload = { code };
  const answer = await operation.connection.post("/api/phone/identity/codes", operation.loggedIn(), payload);
  return new Fields(answer).integer("counts_from");
}

function payloadOf({ userType, creditCode }: FilingRecord): object {
  return { user_type: userType, credit_code: creditCode };
}

function readProof(value: unknown): IdentityProof {
  const of = new Fields(value);
  return {
    way: of.text("way"),
    provenAt: of.integer("proven_at"),
    countsFrom: of.integer("counts_from"),
    endedAt: of.integerOrNull("ended_at"),
    endedReason: of.textOrNull("ended_reason"),
    role: of.textOrNull("role"),
    creditCode: of.textOrNull("credit_code"),
    enterprise: of.textOrNull("enterprise"),
  };
}

function readPhoneChange(value: unknown): PhoneChange {
  const of = new Fields(value);
  return {
    kind: of.text("kind") === "filed" ? "filed" : "account",
    phoneMasked: of.text("phone_masked"),
    effectiveAt: of.integer("effective_at"),
  };
}

function readSecond(value: unknown): SecondAccount {
  const of = new Fields(value);
  return {
    id: of.text("id"),
    phoneMasked: of.text("phone_masked"),
    way: of.text("way"),
    role: of.textOrNull("role"),
    enterprise: of.textOrNull("enterprise"),
    provenAt: of.integer("proven_at"),
    countsFrom: of.integer("counts_from"),
    canObject: of.flag("can_object"),
  };
}

function readRequest(value: unknown): IdentityRequest {
  const of = new Fields(value);
  return {
    state: of.knownWord("state", STATES),
    creditCode: of.text("credit_code"),
    enterprise: of.text("enterprise"),
    askedAt: of.integer("asked_at"),
    expiresAt: of.integer("expires_at"),
    remindFrom: of.integer("remind_from"),
    decidedAt: of.integerOrNull("decided_at"),
  };
}
