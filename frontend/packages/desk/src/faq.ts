/** The manual's questions and answers, fetched once when one is first asked for. */

import type { components, paths } from "@mshield/api/service.ts";

import { answered, makeClient } from "./client.ts";

export type FaqEntry = components["schemas"]["FaqMessage"];

const api = makeClient<paths>(() => null);
let known: readonly FaqEntry[] | null = null;

/** One entry; null where there is none of this id. Throws Problem. */
export async function faqEntry(id: string): Promise<FaqEntry | null> {
  known ??= (await answered(api.GET("/api/faq"))).entries;
  return known.find((entry) => entry.id === id) ?? null;
}
