/**
 * Operator of the service, its contacts, and the time zone of screens and files. Fetched once as a page
 * starts; until the answer arrives, the last one in this browser is used.
 */

import type { components, paths } from "@mshield/api/service.ts";
import { setTimeZone } from "@mshield/look/vue/dates.ts";
import { StorageSerializers, useLocalStorage } from "@vueuse/core";
import { readonly, watch } from "vue";

import { unwrapAnswer, makeClient } from "./client.ts";

export type About = components["schemas"]["AboutMessage"];

/** Cached answer; nothing in it is secret. */
const known = useLocalStorage<About | null>("mshield-desk-about", null, {
  serializer: StorageSerializers.object,
});

export const about = readonly(known);

/** Loads the data when a desk application starts. Errors aren't reported; the cached answer remains. */
export async function loadAbout(): Promise<void> {
  watch(known, (now) => setTimeZone(now?.time_zone ?? null), { immediate: true });
  try {
    known.value = await unwrapAnswer(makeClient<paths>(() => null).GET("/api/about"));
  } catch {
    // The pages' own calls report that the service can't be reached.
  }
}
