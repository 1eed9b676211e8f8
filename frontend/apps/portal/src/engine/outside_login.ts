/** Logging in at an outside system's page (R2), from the portal and back to it; an SMS code is the second half. */

import { answered } from "@mshield/desk/client.ts";
import { type Left, leftSerializer, makeOutsideWay, type Returned } from "@mshield/look/vue/outside_way.ts";
import { useLocalStorage } from "@vueuse/core";

import { agreed, withConsents } from "./agreed.ts";
import { api } from "./client.ts";
import { type Begun, begunOf } from "./login.ts";

const way = makeOutsideWay(
  useLocalStorage<Left | null>("mshield-portal-outside-login", null, { serializer: leftSerializer }),
);

export const readReturn = way.read;

/** Leads to the page of this system. */
export async function leaveFor(source: string, next: unknown): Promise<void> {
  way.leave(await answered(api.POST("/api/portal/outside-logins", { body: { source } })), next);
}

/** Has the SMS code sent, for what came back; `key` is the same for each try, as the state is good once. */
export async function comeBack({ state, code }: Returned, key: string): Promise<Begun> {
  const body = { state, code: code ?? "", ...withConsents() };
  const headers = { "Idempotency-Key": key };
  const begun = begunOf(await answered(api.POST("/api/portal/outside-logins/finish", { body, headers })));
  agreed.value = null;
  way.forget(state);
  return begun;
}
