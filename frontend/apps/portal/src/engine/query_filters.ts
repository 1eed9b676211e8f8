/** Filters of a list in its address, so that reloading, links and going back keep them. */

import { reactive, watch } from "vue";
import { useRoute, useRouter } from "vue-router";

export function useQueryFilters<T extends Record<string, string>>(nothing: T): T {
  const [route, router] = [useRoute(), useRouter()];
  const names = Object.keys(nothing);
  const first = names.map((name) => [name, route.query[name]] as const);
  const wanted = reactive({
    ...nothing,
    ...Object.fromEntries(first.filter(([, value]) => typeof value === "string")),
  }) as T;
  watch(wanted, () => {
    const query = names.map((name) => [name, String(wanted[name]).trim()] as const);
    void router.replace({ query: Object.fromEntries(query.filter(([, value]) => value !== "")) });
  });
  return wanted;
}
