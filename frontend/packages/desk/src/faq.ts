/** The manual's questions and answers, fetched once on first use. */

import type { components, paths } from "@mshield/api/service.ts";

import { unwrapAnswer, makeClient } from "./client.ts";

export type FaqEntry = components["schemas"]["FaqMessage"];

const api = makeClient<paths>(() => null);
let known: readonly FaqEntry[] | null = null;

/** Returns one entry; null if there is none with this id. Throws: Problem. */
export async function faqEntry(id: string): Promise<FaqEntry | null> {
  known ??= (await unwrapAnswer(api.GET("/api/faq"))).entries;
  return known.find((entry) => entry.id === id) ?? null;
}
