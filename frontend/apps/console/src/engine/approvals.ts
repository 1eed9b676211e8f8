/** What takes two people: asking, deciding, and how many questions wait for who is logged in. */

import { answered } from "@mshield/desk/client.ts";
import { makeOrder } from "@mshield/look/vue/in_order.ts";
import { ref } from "vue";

import { api } from "./client.ts";
import { holds, isLoggedIn } from "./session.ts";
import type { Approval, Decided, Member, ProposedLegalPerson } from "./types.ts";

const PAGE = 50;

/** How many wait for this member; the number beside the place in the navigation. */
export const waitingForMe = ref(0);
const order = makeOrder();

export interface ApprovalsPage {
  readonly items: readonly Approval[];
  readonly next: string | null;
}

export async function list(before = ""): Promise<ApprovalsPage> {
  return answered(api.GET("/api/console/approvals", { params: { query: { before, limit: PAGE } } }));
}

/** Asks again how many wait; of no interest to other roles. */
export async function countWaiting(): Promise<void> {
  if (!isLoggedIn.value || !(holds("security_officer") || holds("customer_service"))) {
    order.skip();
    waitingForMe.value = 0;
    return;
  }
  const query = { state: "waiting", limit: 200 } as const;
  const isNewest = order();
  const page = await answered(api.GET("/api/console/approvals", { params: { query } }));
  if (isNewest()) waitingForMe.value = page.items.filter((item) => item.may_decide).length;
}

/** Acts on this subject that wait for somebody, of those that the member may see. */
export async function waitingOn(subject: string): Promise<readonly string[]> {
  const query = { state: "waiting", limit: 200 } as const;
  const { items } = await answered(api.GET("/api/console/approvals", { params: { query } }));
  return items.filter((item) => item.subject === subject).map(({ act }) => act);
}

export interface Question {
  readonly act: string;
  readonly subject: string;
  readonly reason: string;
  readonly details?: Record<string, unknown>;
}

export async function ask({ act, subject, reason, details = {} }: Question): Promise<Approval> {
  const body = { act, subject, reason, details: details as never };
  return answered(api.POST("/api/console/approvals", { body }));
}

export interface More {
  /** Of several lines these alone. */
  readonly lines?: readonly number[];
  /** The subject typed once more, of what can't be taken back. */
  readonly subject?: string;
}

export async function show(id: string): Promise<Approval> {
  return answered(api.GET("/api/console/approvals/{approval_id}", { params: { path: { approval_id: id } } }));
}

export async function approve(id: string, { lines, subject }: More = {}): Promise<Decided> {
  const params = { path: { approval_id: id } };
  const more = { lines: lines === undefined ? null : [...lines], subject: subject ?? null };
  const body = { decision: "approve", ...more } as const;
  return answered(api.POST("/api/console/approvals/{approval_id}/decision", { params, body }));
}

/** Who asked reads the reason. */
export async function refuse(id: string, reason: string): Promise<Decided> {
  const params = { path: { approval_id: id } };
  const body = { decision: "refuse", reason } as const;
  return answered(api.POST("/api/console/approvals/{approval_id}/decision", { params, body }));
}

/** The legal persons that a question is about, by line. */
export async function listLegalPersons(
  id: string,
  after = 0,
): Promise<{ readonly items: readonly ProposedLegalPerson[]; readonly next: number | null }> {
  const params = { path: { approval_id: id }, query: { after, limit: PAGE } };
  return answered(api.GET("/api/console/approvals/{approval_id}/legal-persons", { params }));
}

export async function withdraw(id: string): Promise<void> {
  const params = { path: { approval_id: id } };
  await answered(api.POST("/api/console/approvals/{approval_id}/withdrawal", { params }));
}

export async function listStaff(): Promise<readonly Member[]> {
  return (await answered(api.GET("/api/console/staff"))).items;
}
