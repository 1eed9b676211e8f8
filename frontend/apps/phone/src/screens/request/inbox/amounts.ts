/**
 * What the requests of the inbox come to, before any is opened: their contents are fetched and drawn behind the list, one
 * request after the other, each once while the list stands.
 */

import type { InboxRequest, WaitingReadings } from "@mshield/shield";
import { computed, type ComputedRef, onScopeDispose, shallowReactive, watch } from "vue";

import { type Sums, sumsOf } from "../batch/sums.ts";

/** Octets of contents that a list fetches; the amounts of what comes after stay unknown until it is opened. */
const MOST_OCTETS = 8 * 1024 * 1024;

export interface Amounts {
  /** Null while it isn't read yet. */
  of(request: InboxRequest): Read | null;
  /** Of several together; `open` says that some aren't read yet. */
  sums(requests: readonly InboxRequest[]): Sums & { readonly open: boolean };
}
export type Read = Sums & { readonly documents: WaitingReadings["documents"] };

/** How often a request that can't be read is asked for, once with each list. */
const MOST_TRIES = 3;
/** Of a request of which nothing can be known. */
const NOTHING: WaitingReadings = { documents: [], octets: 0 };

/**
 * `isBusy` holds it up: the engine does one thing at a time. `read` gives null where it failed, and `later` where none of
 * them can be read now: then the next list tries again.
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
        // oxlint-disable-next-line no-await-in-loop -- one after the other
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

  /** Documents that no view draws are those without an amount. */
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
