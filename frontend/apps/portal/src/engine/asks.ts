/**
 * Operators' requests about their shields: reading and answering. The acts themselves are on the shield's
 * page.
 */

import type { components } from "@mshield/api/portal.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";
import type { PageOf } from "@mshield/desk/pages.ts";
import { makeAnswerOrder } from "@mshield/look/vue/answer_order.ts";
import { reactive } from "vue";

import { api } from "./client.ts";
import { enterprise } from "./session.ts";

export type Ask = components["schemas"]["AskMessage"];
export const ASK_STATES = ["waiting", "done", "refused", "withdrawn", "expired"] as const;
export type AskState = (typeof ASK_STATES)[number];

/** Numbers by state, as last read; also shown in the navigation. */
export const askCounts = reactive({ waiting: 0, done: 0, refused: 0, withdrawn: 0, expired: 0 });
const order = makeAnswerOrder();

export async function readAsks(
  creditCode: string,
  state: AskState,
  before: string | null,
  limit: number,
): Promise<PageOf<Ask>> {
  const query = { state, limit, ...(before === null ? {} : { before }) };
  const params = { path: { credit_code: creditCode }, query };
  const isNewest = order();
  const page = await unwrapAnswer(api.GET("/api/portal/enterprises/{credit_code}/asks", { params }));
  if (creditCode === enterprise.value?.credit_code && isNewest()) Object.assign(askCounts, page.counts);
  return page;
}

/** Reads only the numbers. */
export async function readAskCounts(creditCode: string): Promise<void> {
  await readAsks(creditCode, "waiting", null, 1);
}

/** Answers a request permanently: `done`, or a refusal with its reason. */
export async function answerAsk(
  creditCode: string,
  id: string,
  answer: "done" | "refused",
  reason: string,
): Promise<void> {
  const params = { path: { credit_code: creditCode, ask_id: id } };
  await unwrapAnswer(
    api.POST("/api/portal/enterprises/{credit_code}/asks/{ask_id}/answer", {
      params,
      body: { answer, reason },
    }),
  );
}
