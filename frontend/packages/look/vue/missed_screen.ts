/** A screen that didn't open: its file could not be fetched, or another version has replaced it. */

import { ref, type Ref } from "vue";
import type { RouteComponent, Router } from "vue-router";

type Load = () => Promise<RouteComponent>;

const missed = ref<string | null>(null);
const unstyled = new Set<HTMLLinkElement>();

/** Its address, until another screen opens. */
export const missedScreen: Readonly<Ref<string | null>> = missed;

function noteStyle({ target }: Event): void {
  if (target instanceof HTMLLinkElement && target.rel === "stylesheet") unstyled.add(target);
}

/**
 * Reloads failed style sheets: the browser doesn't request them again, so their screens would open unstyled.
 */
async function styles(): Promise<void> {
  const asked = [...unstyled].map(
    (link) =>
      new Promise((resolve, reject) => {
        const again = link.cloneNode() as HTMLLinkElement;
        again.addEventListener("load", resolve);
        again.addEventListener("error", () => reject(new Error(`not fetched: ${again.href}`)));
        unstyled.delete(link);
        link.replaceWith(again);
      }),
  );
  await Promise.all(asked);
}

/** Fetches again what one lost answer prevented, before it is reported. */
async function fetched(load: Load): Promise<RouteComponent> {
  try {
    await styles();
    return await load();
  } catch {
    await styles();
    return load();
  }
}

/** Wraps the router's lazily loaded screens. */
function askTwice(router: Router): void {
  for (const { components } of router.getRoutes()) {
    for (const [name, screen] of Object.entries(components ?? {})) {
      if (typeof screen === "function") components![name] = () => fetched(screen as Load);
    }
  }
}

export function watchScreens(router: Router): void {
  addEventListener("error", noteStyle, true);
  askTwice(router);
  router.onError((_error, to) => (missed.value = router.resolve(to).href));
  router.afterEach(() => (missed.value = null));
}
