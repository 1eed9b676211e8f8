/** A screen that one went to and that didn't open: its file could not be fetched, or another version is there now. */

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

/** Those that the network didn't bring: nobody else asks for them again, and their screens would come without them. */
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

/** What one lost answer kept back is asked for once more before anybody is told. */
async function fetched(load: Load): Promise<RouteComponent> {
  try {
    await styles();
    return await load();
  } catch {
    await styles();
    return load();
  }
}

/** The router's screens that come when one goes there. */
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
