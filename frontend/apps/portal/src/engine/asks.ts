/** What operators ask about their shields: how it is read and answered. The acts themselves are those of the shield's page. */

import type { components } from "@mshield/api/portal.ts";
import { answered } from "@mshield/desk/client.ts";
import type { PageOf } from "@mshield/desk/pages.ts";
import { makeOrder } from "@mshield/look/vue/in_order.ts";
import { reactive } from "vue";

import { api } from "./client.ts";
import { enterprise } from "./session.ts";

export type Ask = components["schemas"]["AskMessage"];
export const ASK_STATES = ["waiting", "done", "refused", "withdrawn", "expired"] as const;
export type AskState = (typeof ASK_STATES)[number];

/** How many there are in each state, as last read; shown in the navigation too. */
export const askCounts = reactive({ waiting: 0, done: 0, refused: 0, withdrawn: 0, expired: 0 });
const order = makeOrder();

export async function readAsks(
  creditCode: string,
  state: AskState,
  before: string | null,
  limit: number,
): Promise<PageOf<Ask>> {
  const query = { state, limit, ...(before === null ? {} : { before }) };
  const params = { path: { credit_code: creditCode }, query };
  const isNewest = order();
  const page = await answered(api.GET("/api/portal/enterprises/{credit_code}/asks", { params }));
  if (creditCode === enterprise.value?.credit_code && isNewest()) Object.assign(askCounts, page.counts);
  return page;
}

/** Reads how many wait, and nothing else of them. */
export async function readAskCounts(creditCode: string): Promise<void> {
  await readAsks(creditCode, "waiting", null, 1);
}

/** Final; `done` once it is, a refusal with its reason. */
export async function answerAsk(
  creditCode: string,
  id: string,
  answer: "done" | "refused",
  reason: string,
): Promise<void> {
  const params = { path: { credit_code: creditCode, ask_id: id } };
  await answered(
    api.POST("/api/portal/enterprises/{credit_code}/asks/{ask_id}/answer", {
      params,
      body: { answer, reason },
    }),
  );
}
