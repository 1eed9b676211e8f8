/** Logging in at an outside system's page (R2), from the app and back to it. */

import { type Left, leftSerializer, makeOutsideWay, type Returned } from "@mshield/look/vue/outside_way.ts";
import { useLocalStorage } from "@vueuse/core";

import { agreedHere, forgetAgreed } from "./policies.ts";
import { shield } from "./shield.ts";

/** In localStorage: the way back may open another tab. */
const way = makeOutsideWay(
  useLocalStorage<Left | null>("mshield-outside-login", null, { serializer: leftSerializer }),
);

export const readReturn = way.read;

/** Leads to the page of this system; throws the engine's errors. */
export async function leaveFor(source: string, next: unknown): Promise<void> {
  way.leave(await shield.beginOutsideLogin(source), next);
}

/** Logs in with what came back; throws the engine's errors. */
export async function finish({ state, code }: Returned): Promise<void> {
  await shield.finishOutsideLogin(state, code ?? "", agreedHere() ?? undefined);
  forgetAgreed();
  way.forget(state);
}
