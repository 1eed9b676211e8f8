/** Login at an outside system's page (R2), from the portal and back; an SMS code is the second step. */

import { unwrapAnswer } from "@mshield/desk/client.ts";
import {
  type PendingLogin,
  pendingLoginSerializer,
  makeOutsideLogin,
  type LoginReturn,
} from "@mshield/look/vue/outside_login.ts";
import { useLocalStorage } from "@vueuse/core";

import { givenConsents, consentFields } from "./consents.ts";
import { api } from "./client.ts";
import { type StartedLogin, readStartedLogin } from "./login.ts";

const way = makeOutsideLogin(
  useLocalStorage<PendingLogin | null>("mshield-portal-outside-login", null, {
    serializer: pendingLoginSerializer,
  }),
);

export const readReturn = way.read;

/** Leads to the page of this system. */
export async function openLoginPage(source: string, next: unknown): Promise<void> {
  way.leave(await unwrapAnswer(api.POST("/api/portal/outside-logins", { body: { source } })), next);
}

/**
 * Requests the SMS code for the returned values; `key` is the same for each attempt, as the state can be used
 * once.
 */
export async function continueLogin({ state, code }: LoginReturn, key: string): Promise<StartedLogin> {
  const body = { state, code: code ?? "", ...consentFields() };
  const headers = { "Idempotency-Key": key };
  const begun = readStartedLogin(
    await unwrapAnswer(api.POST("/api/portal/outside-logins/finish", { body, headers })),
  );
  givenConsents.value = null;
  way.forget(state);
  return begun;
}
