/**
 * Paged lists of the enterprise's shields and registered people; changes appear without reloading the page.
 */

import { unwrapAnswer } from "@mshield/desk/client.ts";
import { usePolling } from "@mshield/desk/polling.ts";
import { type PageOf, usePages } from "@mshield/desk/pages.ts";
import { SHIELD_NUMBER } from "@mshield/identity/shield_number.ts";
import { dayAfter, instantOf } from "@mshield/look/vue/dates.ts";
import { useDocumentVisibility } from "@vueuse/core";
import { computed, type Ref, watch } from "vue";

import { api } from "./client.ts";
import { enterprise } from "./session.ts";
import type { PastAct, Person, ShieldsPage } from "./types.ts";

const LOOK_AGAIN_MS = 4000;
const PAGE = 50;

export interface ShieldFilter {
  readonly words: string;
  /** A state, or a hold with the prefix `hold:`; empty for all. */
  readonly standing: string;
  readonly personId?: string | undefined;
}

/**
 * The last four or more characters (尾号) of a shield, phone or ID number: then only this number matches, not
 * others with the same end. A whole phone number may also be a shield number's digits.
 */
const NUMBER_END = /^\d{3,17}[\dX]$/i;
/** A whole passport or permit number, which also has letters; a shorter text may be a name. */
const DOCUMENT = /^(?=.*[A-Z])(?=(?:.*\d){5})[\dA-Z()]{6,18}$/i;

function wordsOf(words: string): { shield_number: string; end: string; name: string } {
  const text = words.normalize("NFKC").trim(); // a Chinese keyboard types full-width letters and digits
  const plain = text.replaceAll(/\s/g, "");
  const digits = SHIELD_NUMBER.exec(plain)?.[1];
  if (digits) return { shield_number: `MS${digits}`, end: "", name: "" };
  if (NUMBER_END.test(plain) || DOCUMENT.test(plain)) return { shield_number: "", end: plain, name: "" };
  return { shield_number: "", end: "", name: text };
}

/**
 * Builds the service's query: a whole shield number with any spacing, another number or its end, or part of a
 * name.
 */
export function shieldQuery({ words, standing, personId }: ShieldFilter): Record<string, string> {
  const [hold, state] = standing.startsWith("hold:") ? [standing.slice(5), ""] : ["", standing];
  return Object.fromEntries(
    Object.entries({
      ...wordsOf(words),
      state,
      hold,
      person_id: personId ?? "",
    }).filter(([, value]) => value !== ""),
  );
}

/** A list whose first page is refreshed while it is displayed. */
export function useList<P extends PageOf<unknown>>(
  read: (creditCode: string, place: string | null, limit: number) => Promise<P>,
  taken?: (page: P) => void,
) {
  const visibility = useDocumentVisibility();
  const code = computed(() => enterprise.value?.credit_code ?? "");
  const list = usePages((place) => read(code.value, place, PAGE), taken);

  const look = () => visibility.value === "visible" && list.refresh();

  usePolling(look, LOOK_AGAIN_MS);
  watch(visibility, look);
  watch(code, list.load, { immediate: true });
  return list;
}

/** Like `useList`, for items in one state; changing the state reloads it. */
export function useListOf<S, T>(
  state: Ref<S>,
  read: (creditCode: string, state: S, place: string | null, limit: number) => Promise<PageOf<T>>,
) {
  const list = useList((code, place, limit) => read(code, state.value, place, limit));
  watch(state, async () => {
    list.items.value = [];
    list.isKnown.value = false;
    await list.load();
  });
  return list;
}

/** Reads shields; the first page has the enterprise's total, whatever the filter. */
export async function readShields(
  creditCode: string,
  filter: ShieldFilter,
  before: string | null,
  limit: number,
): Promise<ShieldsPage> {
  const query = { ...shieldQuery(filter), limit, ...(before === null ? {} : { before }) };
  return unwrapAnswer(
    api.GET("/api/portal/enterprises/{credit_code}/shields", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
}

export interface PersonFilter {
  readonly words: string;
  readonly role: string;
}

/** Like `shieldQuery`; less than four digits are the end of the ID number. */
export function personQuery({ words, role }: PersonFilter): Record<string, string> {
  const { shield_number, end, name } = wordsOf(words);
  const isIdEnd = /^\d{1,2}[\dX]$/i.test(name);
  return Object.fromEntries(
    Object.entries({
      shield_number,
      end,
      id_number_end: isIdEnd ? name : "",
      name: isIdEnd ? "" : name,
      role,
    }).filter(([, value]) => value !== ""),
  );
}

export async function readPeople(
  creditCode: string,
  filter: PersonFilter,
  after: string | null,
  limit: number,
): Promise<PageOf<Person>> {
  const query = { ...personQuery(filter), limit, ...(after === null ? {} : { after }) };
  return unwrapAnswer(
    api.GET("/api/portal/enterprises/{credit_code}/people", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
}

export interface HistoryFilter {
  readonly words: string;
  /** One kind of change; empty for all. */
  readonly event: string;
  /** First day, and in `to` the last, as YYYY-MM-DD; empty for any. */
  readonly from: string;
  readonly to: string;
}

/** Builds the query; days are in the displayed time zone, and the last one is included entirely. */
export function historyQuery({ words, event, from, to }: HistoryFilter): Record<string, string> {
  const since = from === "" ? "" : String(instantOf(from));
  const until = to === "" ? "" : String(instantOf(dayAfter(to)));
  const { shield_number = "", end = "", name = "" } = shieldQuery({ words, standing: "" });
  return Object.fromEntries(
    Object.entries({ shield_number, end, name, event, since, until }).filter(([, value]) => value !== ""),
  );
}

export async function readHistory(
  creditCode: string,
  filter: HistoryFilter,
  before: string | null,
  limit: number,
): Promise<PageOf<PastAct>> {
  const query = { ...historyQuery(filter), limit, ...(before === null ? {} : { before }) };
  return unwrapAnswer(
    api.GET("/api/portal/enterprises/{credit_code}/history", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
}

/** Returns the address of the same list as a workbook. */
export function workbook(
  creditCode: string,
  list: "shields" | "people" | "history",
  query: Record<string, string>,
): string {
  const words = new URLSearchParams(query).toString();
  return `/api/portal/enterprises/${creditCode}/${list}.xlsx${words ? `?${words}` : ""}`;
}
