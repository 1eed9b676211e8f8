/**
 * Answering the stored request: approve with the PIN, or decline; and its outcome if it ended without an
 * answer.
 */

import { type Choices, NetworkError, type PinSource, type Scan } from "@mshield/shield";
import { computed, type ComputedRef, ref, type Ref, shallowRef, type ShallowRef } from "vue";

import { type PinContext, withPin } from "../../engine/pin_entry.ts";
import { phone, readStatus } from "../../engine/phone.ts";
import { shield } from "../../engine/shield.ts";
import { type Task, useTask } from "../../engine/task.ts";
import { storeAmounts } from "../../engine/usual_amounts.ts";
import { type Ending, endingOf } from "./confirm/ending.ts";
import { outcome, outcomeOf } from "./outcome.ts";
import { returnAddress } from "./return_address.ts";
import type { PriorSignature } from "./signed/prior_signature.ts";

export interface RequestActions {
  readonly approving: Task;
  readonly declining: Task;
  readonly ending: Ref<Ending | null>;
  /**
   * Whether this phone had signed the request before it ended without an answer; null if it was declined
   * here.
   */
  readonly settled: ShallowRef<PriorSignature | null>;
  /** Address of the other app's page, once the request is over. */
  readonly back: ShallowRef<string | null>;
  /** The connection failed: `before` anything was signed, or it is `unknown` whether it was. */
  readonly lost: ComputedRef<"before" | "unknown" | null>;
  /** Approves the request. Returns true once it is done; the result is then in `outcome`. */
  approve(about: PinContext, choices: Choices): Promise<boolean>;
  decline(reason: "declined" | "not_me"): Promise<void>;
  readonly prolonging: Task;
  /** Extends the request's time, once, for a reader who needs longer. */
  prolong(): Promise<void>;
  /** Ends the request because its time is over. */
  expire(): Promise<void>;
}

export function useRequestActions(scanned: ShallowRef<Scan | null>): RequestActions {
  const approving = useTask();
  const declining = useTask();
  const prolonging = useTask();
  const ending = ref<Ending | null>(null);
  const settled = shallowRef<PriorSignature | null>(null);
  const back = shallowRef<string | null>(null);
  const isPinGiven = ref(false);

  const lost = computed(() => {
    if (!(approving.problem.value instanceof NetworkError)) {
      return null;
    }
    return isPinGiven.value ? "unknown" : "before";
  });

  async function approve(about: PinContext, choices: Choices): Promise<boolean> {
    const request = scanned.value;
    if (request === null) {
      return false;
    }
    // The PIN sheet is above every screen, so the result is shown even if the user has left this screen
    // meanwhile.
    let isDone = false;
    await approving.run(async () => {
      const approved = await withPin(about, (pin) =>
        shield.approve(markPinGiven(pin), request.requestId, choices),
      );
      if (approved) {
        outcome.value = outcomeOf(request, approved, choices, Date.now());
        const signed = request.tasks.filter((_, n) => approved.documents[n]!.end === "signed");
        storeAmounts(phone.status?.shieldNumber ?? "", request.requester, signed);
        await readStatus();
        isDone = true;
      }
    });
    if (!isDone) {
      await settle(request);
    }
    return isDone;
  }

  /** Wraps a source of the PIN so that `isPinGiven` is set once it has returned the PIN. */
  function markPinGiven(pin: PinSource): PinSource {
    return async (prompt) => {
      const digits = typeof pin === "string" ? pin : await pin(prompt);
      isPinGiven.value = true;
      return digits;
    };
  }

  /** Removes the request if the refusal says that it is over. */
  async function settle(request: Scan, task: Task = approving): Promise<void> {
    const problem = task.problem.value;
    const end = problem && endingOf(problem, Date.now() >= request.expiresAt);
    if (end) {
      back.value = returnAddress(problem?.extra["return_address"]);
      await finish(request, end);
    }
  }

  async function finish(request: Scan, end: Ending): Promise<void> {
    ending.value = end;
    settled.value = { kind: "asking" };
    try {
      back.value ??= returnAddress(await shield.fetchReturnAddress(request));
    } catch {
      // The request is over even if the return address can't be found out.
    }
    try {
      await shield.forgetRequest(request.requestId);
      await readStatus();
    } finally {
      // Do this last: a batch is queried document by document, and nothing else should wait for that.
      settled.value = await checkSigned(request);
    }
  }

  async function decline(reason: "declined" | "not_me"): Promise<void> {
    const request = scanned.value;
    if (request === null || declining.isBusy.value) {
      return;
    }
    const isAnswered = await declining.run(async () => {
      back.value = returnAddress(await shield.decline(reason, request.requestId));
      return true;
    });
    const status = await readStatus();
    // A declined request is no longer stored, even if only the reply with the return address was lost. If
    // another tab had answered it, it was no longer stored before.
    const isGone = declining.problem.value?.code === "nothing_scanned";
    if (isAnswered || (status.scanned === null && !isGone)) {
      ending.value = reason;
    } else {
      await settle(request, declining);
    }
  }

  async function prolong(): Promise<void> {
    const request = scanned.value;
    if (request === null) {
      return;
    }
    const prolonged = await prolonging.run(() => shield.prolong(request.requestId));
    if (prolonged) {
      scanned.value = prolonged;
    } else {
      await settle(request, prolonging);
    }
  }

  async function expire(): Promise<void> {
    // An answer or extension in progress continues and reports its own result. A lost approval may have
    // succeeded, which can still be found out.
    const isUnderWay = [approving, declining, prolonging].some(({ isBusy }) => isBusy.value);
    if (scanned.value && !isUnderWay && lost.value !== "unknown") {
      await finish(scanned.value, "expired");
    }
  }

  return { approving, declining, prolonging, ending, settled, back, lost, approve, decline, prolong, expire };
}

/** Returns whether this phone has signed the request: another tab, or this one before a reload, may have. */
async function checkSigned(request: Scan): Promise<PriorSignature> {
  try {
    const own = await shield.ownSignature(request);
    return own === null ? { kind: "unsigned" } : { kind: "signed", own };
  } catch {
    return { kind: "unknown" };
  }
}
