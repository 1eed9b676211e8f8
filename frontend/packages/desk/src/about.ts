/**
 * Who runs the service, whom people ask, and the time zone in which screens and files tell times. Asked for once as a
 * page starts; until the answer is there, what was known last in this browser holds.
 */

import type { components, paths } from "@mshield/api/service.ts";
import { tellTimesIn } from "@mshield/look/vue/dates.ts";
import { StorageSerializers, useLocalStorage } from "@vueuse/core";
import { readonly, watch } from "vue";

import { answered, makeClient } from "./client.ts";

export type About = components["schemas"]["AboutMessage"];

/** Nothing secret: what everybody may read. */
const known = useLocalStorage<About | null>("mshield-desk-about", null, {
  serializer: StorageSerializers.object,
});

export const about = readonly(known);

/** From the start of an application at a desk; what goes wrong here isn't told, what was known stays. */
export async function loadAbout(): Promise<void> {
  watch(known, (now) => tellTimesIn(now?.time_zone ?? null), { immediate: true });
  try {
    known.value = await answered(makeClient<paths>(() => null).GET("/api/about"));
  } catch {
    // The pages' own calls say that the service can't be reached.
  }
}
