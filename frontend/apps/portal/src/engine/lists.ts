/** The enterprise's shields and filed people, page by page; what changes meanwhile shows without loading the page anew. */

import { answered } from "@mshield/desk/client.ts";
import { useNews } from "@mshield/desk/news.ts";
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
  /** A state, or a hold with `hold:` before it; empty for all. */
  readonly standing: string;
  readonly personId?: string | undefined;
}

/**
 * What people read as 尾号, the last four characters of a shield, phone or id number, or more of it; of more the last four
 * are looked for. A whole phone number may be a shield number's digits too: its end finds either.
 */
const NUMBER_END = /^(?:\d{3,9}|1[3-9]\d{8}|\d{17})[\dX]$/i;

/** The end of a number that this is; null for other words. */
function endOf(plain: string): string | null {
  return NUMBER_END.test(plain) ? plain.slice(-4) : null;
}

/** The query of the service: a whole shield number, in any spacing, or the end of a number; anything else is part of a name. */
export function shieldQuery({ words, standing, personId }: ShieldFilter): Record<string, string> {
  const text = words.normalize("NFKC").trim(); // a Chinese keyboard types wide letters and digits
  const plain = text.replaceAll(/\s/g, "");
  const end = endOf(plain);
  const digits = end ? undefined : (SHIELD_NUMBER.exec(plain) ?? SHIELD_NUMBER.exec(`MS${plain}`))?.[1];
  const [hold, state] = standing.startsWith("hold:") ? [standing.slice(5), ""] : ["", standing];
  return Object.fromEntries(
    Object.entries({
      shield_number: digits ? `MS${digits}` : "",
      end: end ?? "",
      name: digits || end ? "" : text,
      state,
      hold,
      person_id: personId ?? "",
    }).filter(([, value]) => value !== ""),
  );
}

/** A list whose first page is read again while it is looked at. */
export function useList<P extends PageOf<unknown>>(
  read: (creditCode: string, place: string | null, limit: number) => Promise<P>,
  taken?: (page: P) => void,
) {
  const visibility = useDocumentVisibility();
  const code = computed(() => enterprise.value?.credit_code ?? "");
  const list = usePages((place) => read(code.value, place, PAGE), taken);

  const look = () => visibility.value === "visible" && list.lookAgain();

  useNews(look, LOOK_AGAIN_MS);
  watch(visibility, look);
  watch(code, list.load, { immediate: true });
  return list;
}

/** Such a list of what is in one state; another state begins it anew. */
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

/** The first page says how many the enterprise has, whatever the list is narrowed to. */
export async function readShields(
  creditCode: string,
  filter: ShieldFilter,
  before: string | null,
  limit: number,
): Promise<ShieldsPage> {
  const query = { ...shieldQuery(filter), limit, ...(before === null ? {} : { before }) };
  return answered(
    api.GET("/api/portal/enterprises/{credit_code}/shields", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
}

export interface PersonFilter {
  readonly words: string;
  readonly role: string;
}

/** Four digits (or three and an X), and a whole phone number, are the end of any number of theirs, more or fewer that of the id number; else a name. */
export function personQuery({ words, role }: PersonFilter): Record<string, string> {
  const text = words.normalize("NFKC").trim();
  const plain = text.replaceAll(/\s/g, "");
  const isEnd = /^(?:\d{3}|1[3-9]\d{8})[\dX]$/i.test(plain);
  const isIdEnd = !isEnd && /^[\dxX]{2,18}$/.test(plain);
  return Object.fromEntries(
    Object.entries({
      end: isEnd ? plain.slice(-4) : "",
      id_number_end: isIdEnd ? plain : "",
      name: isEnd || isIdEnd ? "" : text,
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
  return answered(
    api.GET("/api/portal/enterprises/{credit_code}/people", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
}

export interface HistoryFilter {
  readonly words: string;
  /** One kind of change; empty for all. */
  readonly event: string;
  /** The first and the last day, as YYYY-MM-DD; empty for any. */
  readonly from: string;
  readonly to: string;
}

/** Days are those of the zone in which times are told; the last one counts as a whole. */
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
  return answered(
    api.GET("/api/portal/enterprises/{credit_code}/history", {
      params: { path: { credit_code: creditCode }, query },
    }),
  );
}

/** Where the browser gets the same list as a workbook. */
export function workbook(
  creditCode: string,
  list: "shields" | "people" | "history",
  query: Record<string, string>,
): string {
  const words = new URLSearchParams(query).toString();
  return `/api/portal/enterprises/${creditCode}/${list}.xlsx${words ? `?${words}` : ""}`;
}
