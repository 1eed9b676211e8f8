/**
 * Totals of the requests in the inbox, before any is opened. The contents are loaded and drawn in the
 * background, one request after the other, once each while the list is open.
 */

import type { InboxRequest, WaitingReadings } from "@mshield/shield";
import { computed, type ComputedRef, onScopeDispose, shallowReactive, watch } from "vue";

import { type Sums, sumsOf } from "../batch/sums.ts";

/**
 * Maximum bytes of contents that a list loads; the totals of further requests stay unknown until they are
 * opened.
 */
const MOST_OCTETS = 8 * 1024 * 1024;

export interface Amounts {
  /** Returns the total of a request; null while the request isn't read. */
  of(request: InboxRequest): RequestAmounts | null;
  /** Returns the total of several requests; `open`: some aren't read yet. */
  sums(requests: readonly InboxRequest[]): Sums & { readonly open: boolean };
}
export type RequestAmounts = Sums & { readonly documents: WaitingReadings["documents"] };

/** Maximum number of attempts to read a request, one per list. */
const MOST_TRIES = 3;
/** Result for a request that can't be read. */
const NOTHING: WaitingReadings = { documents: [], octets: 0 };

/**
 * Loads the totals. Pauses while `isBusy`, since the engine does one thing at a time. `read` returns null if
 * it failed, and `later` if no request can be read now, so that the next list tries again.
 */
export function useAmounts(
  waiting: ComputedRef<readonly InboxRequest[]>,
  isBusy: () => boolean,
  read: (request: InboxRequest) => Promise<WaitingReadings | "later" | null>,
): Amounts {
  const known = shallowReactive(new Map<string, WaitingReadings>());
  const failed = shallowReactive(new Set<string>());
  const tries = new Map<string, number>();
  const work = { isGoing: false, isOver: false, left: MOST_OCTETS };
  const next = computed(() =>
    waiting.value.find(
      ({ requestId, kind }) => kind === "signature" && !known.has(requestId) && !failed.has(requestId),
    ),
  );

  async function goOn(): Promise<void> {
    if (work.isGoing) {
      return;
    }
    work.isGoing = true;
    try {
      while (next.value && !isBusy() && !work.isOver) {
        const request = next.value;
        const { requestId } = request;
        // oxlint-disable-next-line no-await-in-loop -- the engine handles one call at a time
        const readings = work.left > 0 ? await read(request) : NOTHING;
        if (readings === "later") {
          break;
        }
        if (readings === null && (tries.get(requestId) ?? 0) + 1 < MOST_TRIES) {
          tries.set(requestId, (tries.get(requestId) ?? 0) + 1);
          failed.add(requestId);
        } else {
          work.left -= readings?.octets ?? 0;
          known.set(requestId, readings ?? NOTHING);
        }
      }
    } finally {
      work.isGoing = false;
    }
  }

  watch(waiting, () => failed.clear());
  watch([next, isBusy], () => void goOn(), { immediate: true });
  onScopeDispose(() => {
    work.isOver = true;
  });

  /** Adds up the documents; those that no view draws count as without an amount. */
  function sumsIn(requests: readonly InboxRequest[]): Sums {
    const documents = requests.flatMap(({ requestId }) => known.get(requestId)?.documents ?? []);
    const { lines, without } = sumsOf(documents);
    const all = requests.reduce((sum, request) => sum + request.documents, 0);
    return { lines, without: without + Math.max(0, all - documents.length) };
  }
  return {
    of(request) {
      const documents = known.get(request.requestId)?.documents;
      return documents ? { ...sumsIn([request]), documents } : null;
    },
    sums: (requests) => ({
      ...sumsIn(requests),
      open: requests.some(({ requestId }) => !known.has(requestId)),
    }),
  };
}
