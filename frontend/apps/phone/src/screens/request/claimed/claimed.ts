/**
 * A claimed login, before the app is unlocked: the PIN that unlocks the app also confirms it, or it is
 * declined after unlocking.
 *
 * Nothing is accepted before the PIN is right. Leaving the screen doesn't decline the request, which stays
 * pending.
 */

import { honestValue } from "@mshield/look/honest_text.ts";
import { NetworkError, type PinPrompt, type PinSource, type Scan, type NewProperty } from "@mshield/shield";
import { computed, type ComputedRef, ref, type Ref, shallowRef, type ShallowRef } from "vue";

import { dropPendingScan, usePendingScan } from "../../../engine/pending_scan.ts";
import { readStatus, refresh } from "../../../engine/phone.ts";
import { withPin } from "../../../engine/pin_entry.ts";
import { shield } from "../../../engine/shield.ts";
import { type Task, useTask } from "../../../engine/task.ts";
import { type Ending, endingOf } from "../confirm/ending.ts";
import { loginPinContext } from "../confirm/pin_context.ts";
import { outcome, outcomeOf } from "../outcome.ts";
import type { PriorSignature } from "../signed/prior_signature.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;

export interface ClaimedLoginScreen {
  /** The login in the form of a scanned request, without the data to sign; null if nothing was stored. */
  readonly scanned: ShallowRef<Scan | null>;
  readonly unlike: readonly NewProperty[];
  readonly opening: Task;
  readonly declining: Task;
  readonly ending: Ref<Ending | null>;
  /** True if this phone has signed the login; null before the app is unlocked. */
  readonly settled: ShallowRef<PriorSignature | null>;
  readonly lost: ComputedRef<"before" | "unknown" | null>;
  /** Confirms the login. Returns the path to open next; null to stay. */
  confirm(): Promise<string | null>;
  /** 不是我发起的: the PIN unlocks the app, which then reports it. */
  decline(): Promise<void>;
  expire(): Promise<void>;
  drop(): void;
}

export function useClaimedLogin(t: Say): ClaimedLoginScreen {
  const storedClaim = usePendingScan().value;
  const shown = storedClaim?.shown ?? null;
  const scanned = shallowRef<Scan | null>(null);
  const opening = useTask();
  const declining = useTask();
  const ending = ref<Ending | null>(null);
  const settled = shallowRef<PriorSignature | null>(null);
  const isPinGiven = ref(false);
  if (storedClaim !== null && shown !== null) {
    const { requestId, number, askedAt } = shown.login;
    scanned.value = {
      requestId,
      kind: "login",
      number,
      requester: shown.requester,
      returnUrl: null,
      askedAt,
      isFromInbox: false,
      expiresAt: storedClaim.expiresAt,
      prolongsBy: null,
      tasks: [],
    };
  }
  const lost = computed(() => {
    if (!(opening.problem.value instanceof NetworkError)) {
      return null;
    }
    return isPinGiven.value ? "unknown" : "before";
  });

  /** Wraps a source of the PIN so that `isPinGiven` is set once it has returned the PIN. */
  function markPinGiven(pin: PinSource): PinSource {
    return async (prompt) => {
      const digits = typeof pin === "string" ? pin : await pin(prompt);
      isPinGiven.value = true;
      return digits;
    };
  }

  async function confirm(): Promise<string | null> {
    const request = scanned.value;
    if (request === null || shown === null) {
      return null;
    }
    const system = honestValue(request.requester.name);
    const about = {
      ...loginPinContext(request, system, t),
      detail: ({ left }: PinPrompt) => `${honestValue(request.requester.domain)}\n${t("both", { left })}`,
    };
    // The PIN sheet is above every screen, so the result counts even if the user has left this screen
    // meanwhile.
    let result = null as Awaited<ReturnType<typeof shield.unlockAndLogIn>> | null;
    await opening.run(async () => {
      result = await withPin(about, (pin) => shield.unlockAndLogIn(shown, markPinGiven(pin)));
    });
    if (!result) {
      const end = opening.problem.value && endingOf(opening.problem.value, Date.now() >= request.expiresAt);
      finish(end ?? null);
      return null;
    }
    await readStatus();
    if (result.login === "closed") {
      // The engine has already ruled out that this phone itself had confirmed it and lost the answer.
      settled.value = { kind: "unsigned" };
      finish(Date.now() >= request.expiresAt ? "expired" : "closed");
      return null;
    }
    dropPendingScan();
    const { requestId, kind } = request;
    const approved = { requestId, kind, documents: [], recovered: false, returnAddress: null };
    outcome.value = outcomeOf(request, approved, {}, Date.now());
    // The receipt shows the account of the login; the login also works without it.
    void refresh().catch(() => null);
    return "/result";
  }

  async function decline(): Promise<void> {
    const request = scanned.value;
    if (request === null || shown === null) {
      return;
    }
    const { claim } = shown;
    const about = {
      title: t("notMeTitle"),
      act: t("notMePin"),
      detail: ({ left }: PinPrompt) =>
        t("notMeDetail", { left, system: honestValue(request.requester.name) }),
    };
    const isDeclined = await declining.run(async () => {
      if ((await withPin(about, (pin) => shield.unlock(pin))) === null) {
        return false;
      }
      const taken = await shield.scan(claim);
      await shield.decline("not_me", taken.requestId);
      dropPendingScan();
      return true;
    });
    await readStatus();
    if (isDeclined) {
      finish("not_me");
    } else if (declining.problem.value) {
      finish(endingOf(declining.problem.value, Date.now() >= request.expiresAt));
    }
  }

  function finish(end: Ending | null): void {
    if (end !== null) {
      ending.value = end;
      dropPendingScan();
    }
  }

  async function expire(): Promise<void> {
    // A confirmation in progress continues; a lost one may have succeeded, which can still be found out.
    if (!opening.isBusy.value && !declining.isBusy.value && lost.value !== "unknown") {
      finish("expired");
    }
    await Promise.resolve();
  }

  return {
    scanned,
    unlike: shown?.login.unlike ?? [],
    opening,
    declining,
    ending,
    settled,
    lost,
    confirm,
    decline,
    expire,
    drop: dropPendingScan,
  };
}
