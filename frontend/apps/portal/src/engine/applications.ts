/** Operators who wait to be confirmed, and activation codes: how they are read, decided, made, and what is shown of them. */

import { answered } from "@mshield/desk/client.ts";
import type { PageOf } from "@mshield/desk/pages.ts";
import { makeOrder } from "@mshield/look/vue/in_order.ts";
import { reactive } from "vue";

import { type Proof, type Scan, scanOf } from "./by_shield.ts";
import { api } from "./client.ts";
import { enterprise } from "./session.ts";
import type { ActivationCode, Application, ApplicationCounts } from "./types.ts";

export const STATES = ["waiting", "confirmed", "refused", "withdrawn", "expired"] as const;
export type State = (typeof STATES)[number];

const NONE: ApplicationCounts = { waiting: 0, confirmed: 0, refused: 0, withdrawn: 0, expired: 0 };

/** How many there are in each state, as last read; shown in the navigation too. */
export const counts = reactive({ ...NONE });
const order = makeOrder();

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
  const page = await answered(
    api.GET("/api/portal/enterprises/{credit_code}/applications", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
  if (creditCode === enterprise.value?.credit_code && isNewest()) Object.assign(counts, page.counts);
  return page;
}

/** Reads how many wait, and nothing else of them. */
export async function readCounts(creditCode: string): Promise<void> {
  await readApplications(creditCode, "waiting", null, 1);
}

/** Says that it isn't them. */
export async function refuse(creditCode: string, id: string): Promise<void> {
  await decide(creditCode, id, { decision: "refuse" });
}

/** Confirms them, for good. */
export async function confirm(creditCode: string, id: string, proof: Proof): Promise<void> {
  await decide(creditCode, id, { decision: "confirm", ...proof });
}

async function decide(
  creditCode: string,
  id: string,
  body: { readonly decision: "confirm" | "refuse" } & Partial<{ sms_code: string; request_id: string }>,
): Promise<void> {
  await answered(
    api.POST("/api/portal/enterprises/{credit_code}/applications/{application_id}/decision", {
      params: { path: { credit_code: creditCode, application_id: id } },
      body,
    }),
  );
}

/** A code for one operator; told this once, and the one before is worth nothing from now on. */
export async function makeCode(creditCode: string, personId: string, proof: Proof): Promise<ActivationCode> {
  return answered(
    api.POST("/api/portal/enterprises/{credit_code}/people/{person_id}/activation-code", {
      params: { path: { credit_code: creditCode, person_id: personId } },
      body: proof,
    }),
  );
}

/** Sends a code that says once who this operator is; seconds until another may be asked for. */
export async function askToVouch(creditCode: string, personId: string): Promise<number> {
  const sent = await answered(
    api.POST("/api/portal/enterprises/{credit_code}/people/{person_id}/vouching-codes", {
      params: { path: { credit_code: creditCode, person_id: personId } },
    }),
  );
  return sent.resend_in;
}

/** Has it signed who they are: for this application, or, with null, for an activation code. */
export async function askVouchingSignature(
  creditCode: string,
  personId: string,
  applicationId: string | null,
): Promise<Scan> {
  return scanOf(
    await answered(
      api.POST("/api/portal/enterprises/{credit_code}/people/{person_id}/vouching-requests", {
        params: { path: { credit_code: creditCode, person_id: personId } },
        body: { application_id: applicationId },
      }),
    ),
  );
}

/** K7RD-4WX9-2HNM. */
export function grouped(code: string): string {
  return code.match(/.{1,4}/g)?.join("-") ?? "";
}

function plain(name: string): string {
  return name
    .normalize("NFKC")
    .replaceAll(/[\s·•.]/gu, "")
    .toLowerCase();
}

/** Whether two names are written alike, but for spaces, dots and width. */
export function isSameName(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

/** What stands out: the name before the phone number. */
export type Difference = "name" | "phone" | "unfiled" | "none";

export function differenceOf(
  application: Pick<Application, "name" | "filed_name" | "same_phone">,
): Difference {
  if (!isSameName(application.name, application.filed_name)) return "name";
  if (application.same_phone === null) return "unfiled";
  return application.same_phone ? "none" : "phone";
}

/** Whole days and hours until then; at least an hour, as long as there is any time. */
export function timeLeft(until: number, now: number): { readonly days: number; readonly hours: number } {
  const hours = Math.max(0, Math.ceil((until - now) / 3_600_000));
  return { days: Math.floor(hours / 24), hours: hours % 24 };
}
