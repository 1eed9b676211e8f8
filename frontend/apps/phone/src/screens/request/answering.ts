/** Answering the kept request: yes under the PIN, or no; and how it ended where it did so by itself. */

import { type Choices, NetworkError, type PinSource, type Scan } from "@mshield/shield";
import { computed, type ComputedRef, ref, type Ref, shallowRef, type ShallowRef } from "vue";

import { type PinAbout, withPin } from "../../engine/pin_entry.ts";
import { phone, readStatus } from "../../engine/phone.ts";
import { shield } from "../../engine/shield.ts";
import { type Task, useTask } from "../../engine/task.ts";
import { keepSigned } from "../../engine/usual.ts";
import { type Ending, endingOf } from "./confirm/ending.ts";
import { outcome, outcomeOf } from "./outcome.ts";
import { returnAddress } from "./return_address.ts";
import type { Settled } from "./signed/settled.ts";

export interface Answering {
  readonly approving: Task;
  readonly declining: Task;
  readonly ending: Ref<Ending | null>;
  /** Whether this phone had signed it before it ended by itself; null where it was declined here. */
  readonly settled: ShallowRef<Settled | null>;
  /** Where the other app's page is, once the request is over. */
  readonly back: ShallowRef<string | null>;
  /** The connection failed: before anything was signed, or when that isn't known. */
  readonly lost: ComputedRef<"before" | "unknown" | null>;
  /** True once it is done; the outcome then stands in `outcome`. */
  approve(about: PinAbout, choices: Choices): Promise<boolean>;
  decline(reason: "declined" | "not_me"): Promise<void>;
  readonly prolonging: Task;
  /** Once: its reader needs longer. */
  prolong(): Promise<void>;
  /** Its time is over. */
  expire(): Promise<void>;
}

export function useAnswering(scanned: ShallowRef<Scan | null>): Answering {
  const approving = useTask();
  const declining = useTask();
  const prolonging = useTask();
  const ending = ref<Ending | null>(null);
  const settled = shallowRef<Settled | null>(null);
  const back = shallowRef<string | null>(null);
  const isPinGiven = ref(false);

  const lost = computed(() => {
    if (!(approving.problem.value instanceof NetworkError)) {
      return null;
    }
    return isPinGiven.value ? "unknown" : "before";
  });

  async function approve(about: PinAbout, choices: Choices): Promise<boolean> {
    const request = scanned.value;
    if (request === null) {
      return false;
    }
    // The PIN's sheet stands over every screen: whoever signed under it is told, wherever they have gone meanwhile.
    let isDone = false;
    await approving.run(async () => {
      const approved = await withPin(about, (pin) =>
        shield.approve(noticed(pin), request.requestId, choices),
      );
      if (approved) {
        outcome.value = outcomeOf(request, approved, choices, Date.now());
        const signed = request.tasks.filter((_, n) => approved.documents[n]!.end === "signed");
        keepSigned(phone.status?.shieldNumber ?? "", request.requester, signed);
        await readStatus();
        isDone = true;
      }
    });
    if (!isDone) {
      await settle(request);
    }
    return isDone;
  }

  function noticed(pin: PinSource): PinSource {
    return async (prompt) => {
      const digits = typeof pin === "string" ? pin : await pin(prompt);
      isPinGiven.value = true;
      return digits;
    };
  }

  /** Where the refusal says that the request is over, it is forgotten. */
  async function settle(request: Scan, task: Task = approving): Promise<void> {
    const problem = task.problem.value;
    const end = problem && endingOf(problem, Date.now() >= request.expiresAt);
    if (end) {
      back.value = returnAddress(problem?.extra["return_address"]);
      await over(request, end);
    }
  }

  async function over(request: Scan, end: Ending): Promise<void> {
    ending.value = end;
    settled.value = { kind: "asking" };
    try {
      back.value ??= returnAddress(await shield.wayBack(request));
    } catch {
      // That it is over counts, whether or not the way back can be found out.
    }
    try {
      await shield.forgetRequest(request.requestId);
      await readStatus();
    } finally {
      // A batch is asked about document by document: nothing else waits behind that.
      settled.value = await settledHere(request);
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
    // Once it has been declined it is no longer kept, even if only the way back was lost. It wasn't kept any more before
    // where another tab has answered it.
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
    // An answer that is under way goes on, and so does a prolongation: each says itself how it ended. An approval that
    // was lost may have gone through and can still be found out.
    const isUnderWay = [approving, declining, prolonging].some(({ isBusy }) => isBusy.value);
    if (scanned.value && !isUnderWay && lost.value !== "unknown") {
      await over(scanned.value, "expired");
    }
  }

  return { approving, declining, prolonging, ending, settled, back, lost, approve, decline, prolong, expire };
}

/** Another tab, or this one before it was loaded anew, may have signed it. */
async function settledHere(request: Scan): Promise<Settled> {
  try {
    const own = await shield.ownSignature(request);
    return own === null ? { kind: "unsigned" } : { kind: "signed", own };
  } catch {
    return { kind: "unknown" };
  }
}
