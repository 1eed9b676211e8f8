/** Operators waiting for confirmation, and activation codes: reading, deciding, creating, displaying. */

import { unwrapAnswer } from "@mshield/desk/client.ts";
import type { PageOf } from "@mshield/desk/pages.ts";
import { makeAnswerOrder } from "@mshield/look/vue/answer_order.ts";
import { reactive } from "vue";

import { type Proof, type Scan, scanOf } from "./by_shield.ts";
import { api } from "./client.ts";
import { enterprise } from "./session.ts";
import type { ActivationCode, Application, ApplicationCounts } from "./types.ts";

export const STATES = ["waiting", "confirmed", "refused", "withdrawn", "expired"] as const;
export type State = (typeof STATES)[number];

const NONE: ApplicationCounts = { waiting: 0, confirmed: 0, refused: 0, withdrawn: 0, expired: 0 };

/** Numbers by state, as last read; also shown in the navigation. */
export const counts = reactive({ ...NONE });
const order = makeAnswerOrder();

export function forgetCounts(): void {
  Object.assign(counts, NONE);
}

export async function readApplications(
  creditCode: string,
  state: State,
  before: string | null,
  limit: number,
): Promise<PageOf<Application>> {
  const query = { state, limit, ...(before === null ? {} : { before }) };
  const isNewest = order();
  const page = await unwrapAnswer(
    api.GET("/api/portal/enterprises/{credit_code}/applications", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
  if (creditCode === enterprise.value?.credit_code && isNewest()) Object.assign(counts, page.counts);
  return page;
}

/** Updates `counts`; the page of applications that comes with them is dropped. */
export async function readCounts(creditCode: string): Promise<void> {
  await readApplications(creditCode, "waiting", null, 1);
}

/** Refuses an application: it isn't the operator. */
export async function refuse(creditCode: string, id: string): Promise<void> {
  await decide(creditCode, id, { decision: "refuse" });
}

/** Confirms an application permanently. */
export async function confirm(creditCode: string, id: string, proof: Proof): Promise<void> {
  await decide(creditCode, id, { decision: "confirm", ...proof });
}

async function decide(
  creditCode: string,
  id: string,
  body: { readonly decision: "confirm" | "refuse" } & Partial<{ sms_code: string; request_id: string }>,
): Promise<void> {
  await unwrapAnswer(
    api.POST("/api/portal/enterprises/{credit_code}/applications/{application_id}/decision", {
      params: { path: { credit_code: creditCode, application_id: id } },
      body,
    }),
  );
}

/** Creates a code for one operator; it is returned only this once, and invalidates the previous one. */
export async function makeCode(creditCode: string, personId: string, proof: Proof): Promise<ActivationCode> {
  return unwrapAnswer(
    api.POST("/api/portal/enterprises/{credit_code}/people/{person_id}/activation-code", {
      params: { path: { credit_code: creditCode, person_id: personId } },
      body: proof,
    }),
  );
}

/** Sends a code for vouching once for this operator; returns the seconds until another may be requested. */
export async function sendVouchingCode(creditCode: string, personId: string): Promise<number> {
  const sent = await unwrapAnswer(
    api.POST("/api/portal/enterprises/{credit_code}/people/{person_id}/vouching-codes", {
      params: { path: { credit_code: creditCode, person_id: personId } },
    }),
  );
  return sent.resend_in;
}

/**
 * Requests a signature that vouches for an operator: for this application, or (null) for an activation code.
 */
export async function requestVouchingSignature(
  creditCode: string,
  personId: string,
  applicationId: string | null,
): Promise<Scan> {
  return scanOf(
    await unwrapAnswer(
      api.POST("/api/portal/enterprises/{credit_code}/people/{person_id}/vouching-requests", {
        params: { path: { credit_code: creditCode, person_id: personId } },
        body: { application_id: applicationId },
      }),
    ),
  );
}

/** Formats as K7RD-4WX9-2HNM. */
export function formatCode(code: string): string {
  return code.match(/.{1,4}/g)?.join("-") ?? "";
}

function plain(name: string): string {
  return name
    .normalize("NFKC")
    .replaceAll(/[\s·•.]/gu, "")
    .toLowerCase();
}

/** Reports whether two names are equal except for spaces, dots and width. */
export function isSameName(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

/** Most important difference: the name precedes the phone number. */
export type Difference = "name" | "phone" | "unfiled" | "none";

export function differenceOf(
  application: Pick<Application, "name" | "filed_name" | "same_phone">,
): Difference {
  if (!isSameName(application.name, application.filed_name)) return "name";
  if (application.same_phone === null) return "unfiled";
  return application.same_phone ? "none" : "phone";
}

/** Returns whole days and hours until then; at least one hour while any time is left. */
export function timeLeft(until: number, now: number): { readonly days: number; readonly hours: number } {
  const hours = Math.max(0, Math.ceil((until - now) / 3_600_000));
  return { days: Math.floor(hours / 24), hours: hours % 24 };
}
