/**
 * The login that was claimed, before the app is open: confirmed by the PIN that opens the app, or declined after it has.
 *
 * Nothing is taken until the PIN was right: whoever leaves the screen has declined nothing, and the request waits on.
 */

import { honestValue } from "@mshield/look/honest_text.ts";
import { NetworkError, type PinPrompt, type PinSource, type Scan, type Unlike } from "@mshield/shield";
import { computed, type ComputedRef, ref, type Ref, shallowRef, type ShallowRef } from "vue";

import { dropKeptScan, useKeptScan } from "../../../engine/kept_scan.ts";
import { readStatus, refresh } from "../../../engine/phone.ts";
import { withPin } from "../../../engine/pin_entry.ts";
import { shield } from "../../../engine/shield.ts";
import { type Task, useTask } from "../../../engine/task.ts";
import { type Ending, endingOf } from "../confirm/ending.ts";
import { loginAbout } from "../confirm/pin_about.ts";
import { outcome, outcomeOf } from "../outcome.ts";
import type { Settled } from "../signed/settled.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;

export interface ClaimedLoginScreen {
  /** As a scan would have given it, without what is signed; null where nothing was kept. */
  readonly scanned: ShallowRef<Scan | null>;
  readonly unlike: readonly Unlike[];
  readonly opening: Task;
  readonly declining: Task;
  readonly ending: Ref<Ending | null>;
  /** What is known of this phone's part in it; null before the app is open. */
  readonly settled: ShallowRef<Settled | null>;
  readonly lost: ComputedRef<"before" | "unknown" | null>;
  /** Where the app goes on; null where it stays. */
  confirm(): Promise<string | null>;
  /** 不是我发起的: the PIN opens the app, which then says so. */
  decline(): Promise<void>;
  expire(): Promise<void>;
  drop(): void;
}

export function useClaimed(t: Say): ClaimedLoginScreen {
  const kept = useKeptScan().value;
  const shown = kept?.shown ?? null;
  const scanned = shallowRef<Scan | null>(null);
  const opening = useTask();
  const declining = useTask();
  const ending = ref<Ending | null>(null);
  const settled = shallowRef<Settled | null>(null);
  const isPinGiven = ref(false);
  if (kept !== null && shown !== null) {
    const { requestId, number, askedAt } = shown.login;
    scanned.value = {
      requestId,
      kind: "login",
      number,
      requester: shown.requester,
      returnUrl: null,
      askedAt,
      expiresAt: kept.expiresAt,
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

  function noticed(pin: PinSource): PinSource {
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
      ...loginAbout(request, system, t),
      detail: ({ left }: PinPrompt) => `${honestValue(request.requester.domain)}\n${t("both", { left })}`,
    };
    // Under the PIN's sheet, which stands over every screen: its end counts wherever they have gone meanwhile.
    let done = null as Awaited<ReturnType<typeof shield.unlockAndLogIn>> | null;
    await opening.run(async () => {
      done = await withPin(about, (pin) => shield.unlockAndLogIn(shown, noticed(pin)));
    });
    if (!done) {
      const end = opening.problem.value && endingOf(opening.problem.value, Date.now() >= request.expiresAt);
      over(end ?? null);
      return null;
    }
    await readStatus();
    if (done.login === "waits") {
      return "/scan";
    }
    if (done.login === "closed") {
      // The engine has asked whether it is this phone's own, whose answer was lost.
      settled.value = { kind: "unsigned" };
      over(Date.now() >= request.expiresAt ? "expired" : "closed");
      return null;
    }
    dropKeptScan();
    const { requestId, kind } = request;
    const approved = { requestId, kind, documents: [], recovered: false, returnAddress: null };
    outcome.value = outcomeOf(request, approved, {}, Date.now());
    // As whom one is logged in stands in the receipt; without it the login is as good.
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
      dropKeptScan();
      return true;
    });
    await readStatus();
    if (isDeclined) {
      over("not_me");
    } else if (declining.problem.value) {
      over(endingOf(declining.problem.value, Date.now() >= request.expiresAt));
    }
  }

  function over(end: Ending | null): void {
    if (end !== null) {
      ending.value = end;
      dropKeptScan();
    }
  }

  async function expire(): Promise<void> {
    // One that is under way goes on; one that was lost may have gone through, and can still be found out.
    if (!opening.isBusy.value && !declining.isBusy.value && lost.value !== "unknown") {
      over("expired");
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
    drop: dropKeptScan,
  };
}
