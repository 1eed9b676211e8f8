/** Acts that need two people: requesting, deciding, and how many requests wait for the logged-in member. */

import { unwrapAnswer } from "@mshield/desk/client.ts";
import { makeAnswerOrder } from "@mshield/look/vue/answer_order.ts";
import { ref } from "vue";

import { api } from "./client.ts";
import { hasRole, isLoggedIn } from "./session.ts";
import type { Approval, ChangedRows, Decision, Member, ProposedLegalPerson } from "./types.ts";

const PAGE = 50;

/** Number of requests waiting for this member, shown in the navigation. */
export const pendingCount = ref(0);
const order = makeAnswerOrder();

export interface ApprovalsPage {
  readonly items: readonly Approval[];
  readonly next: string | null;
  readonly changed_rows: ChangedRows;
}

export async function list(before = ""): Promise<ApprovalsPage> {
  return unwrapAnswer(api.GET("/api/console/approvals", { params: { query: { before, limit: PAGE } } }));
}

/** Reads that number again; other roles don't need it. */
export async function countWaiting(): Promise<void> {
  if (!isLoggedIn.value || !hasRole("security_officer", "customer_service", "filing_officer")) {
    order.skip();
    pendingCount.value = 0;
    return;
  }
  const query = { state: "waiting", limit: 200 } as const;
  const isNewest = order();
  const page = await unwrapAnswer(api.GET("/api/console/approvals", { params: { query } }));
  if (isNewest())
    pendingCount.value = page.items.filter((item) => item.may_decide || item.may_support).length;
}

/** Returns waiting acts on this subject that the member may see. */
export async function pendingActs(subject: string): Promise<readonly string[]> {
  const query = { state: "waiting", limit: 200 } as const;
  const { items } = await unwrapAnswer(api.GET("/api/console/approvals", { params: { query } }));
  return items.filter((item) => item.subject === subject).map(({ act }) => act);
}

export interface StaffList {
  readonly items: readonly Member[];
  readonly changed_rows: ChangedRows;
}

export interface ApprovalRequest {
  readonly act: string;
  readonly subject: string;
  readonly reason: string;
  readonly details?: Record<string, unknown>;
}

export async function ask({ act, subject, reason, details = {} }: ApprovalRequest): Promise<Approval> {
  const body = { act, subject, reason, details: details as never };
  return unwrapAnswer(api.POST("/api/console/approvals", { body }));
}

export interface ApprovalOptions {
  /** Approves only these lines, if there are several. */
  readonly lines?: readonly number[];
  /** The subject typed again, for irreversible acts. */
  readonly subject?: string;
}

export async function show(id: string): Promise<Approval> {
  return unwrapAnswer(
    api.GET("/api/console/approvals/{approval_id}", { params: { path: { approval_id: id } } }),
  );
}

export async function approve(id: string, { lines, subject }: ApprovalOptions = {}): Promise<Decision> {
  const params = { path: { approval_id: id } };
  const more = { lines: lines === undefined ? null : [...lines], subject: subject ?? null };
  const body = { decision: "approve", ...more } as const;
  return unwrapAnswer(api.POST("/api/console/approvals/{approval_id}/decision", { params, body }));
}

/** Requests a change reported by an outside filing system, as the first of the two people. */
export async function support(id: string): Promise<Approval> {
  const params = { path: { approval_id: id } };
  return unwrapAnswer(api.POST("/api/console/approvals/{approval_id}/support", { params }));
}

/** Refuses a request; the requester sees the reason. */
export async function refuse(id: string, reason: string): Promise<Decision> {
  const params = { path: { approval_id: id } };
  const body = { decision: "refuse", reason } as const;
  return unwrapAnswer(api.POST("/api/console/approvals/{approval_id}/decision", { params, body }));
}

/** Returns the legal representatives concerned, by line. */
export async function listLegalPersons(
  id: string,
  after = 0,
): Promise<{ readonly items: readonly ProposedLegalPerson[]; readonly next: number | null }> {
  const params = { path: { approval_id: id }, query: { after, limit: PAGE } };
  return unwrapAnswer(api.GET("/api/console/approvals/{approval_id}/legal-persons", { params }));
}

export async function withdraw(id: string): Promise<void> {
  const params = { path: { approval_id: id } };
  await unwrapAnswer(api.POST("/api/console/approvals/{approval_id}/withdrawal", { params }));
}

export async function listStaff(): Promise<StaffList> {
  return unwrapAnswer(api.GET("/api/console/staff"));
}
