/** Selection of inbox requests to answer together: requests of one system, no logins. */

import type { InboxRequest } from "@mshield/shield";
import { computed, type ComputedRef, ref } from "vue";

export interface Group {
  readonly key: string;
  readonly name: string;
  readonly requests: readonly InboxRequest[];
  /** The requests that can be selected; a login confirms one PC, so it must be answered alone. */
  readonly choosable: readonly InboxRequest[];
}

export interface InboxSelection {
  /** The selected requests, in the order of the inbox. */
  readonly list: ComputedRef<readonly InboxRequest[]>;
  has(request: InboxRequest): boolean;
  /** Selects or deselects a request. Selecting one of another system starts a new selection. */
  toggle(request: InboxRequest): void;
  chooseAll(requests: readonly InboxRequest[]): void;
  clear(): void;
}

const systemOf = ({ requester }: InboxRequest): string => JSON.stringify([requester.name, requester.domain]);

/** Groups requests by system, in the order in which the systems first occur. */
export function bySystem(requests: readonly InboxRequest[]): Group[] {
  const groups = new Map<string, InboxRequest[]>();
  for (const request of requests) {
    const key = systemOf(request);
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  return [...groups].map(([key, own]) => ({
    key,
    name: own[0]!.requester.name,
    requests: own,
    choosable: own.filter(({ kind }) => kind === "signature"),
  }));
}

export const documentsIn = (requests: readonly Pick<InboxRequest, "documents">[]): number =>
  requests.reduce((sum, { documents }) => sum + documents, 0);

export function useInboxSelection(waiting: ComputedRef<readonly InboxRequest[]>): InboxSelection {
  const ids = ref<readonly string[]>([]);
  const list = computed(() => waiting.value.filter(({ requestId }) => ids.value.includes(requestId)));
  const has = ({ requestId }: InboxRequest): boolean => ids.value.includes(requestId);
  return {
    list,
    has,
    toggle(request) {
      const before = list.value.filter((other) => systemOf(other) === systemOf(request));
      const others = before.filter(({ requestId }) => requestId !== request.requestId);
      ids.value = [...others.map(({ requestId }) => requestId), ...(has(request) ? [] : [request.requestId])];
    },
    chooseAll(requests) {
      ids.value = requests.map(({ requestId }) => requestId);
    },
    clear() {
      ids.value = [];
    },
  };
}
