/** Pull to refresh at the top of a page. Mouse and keyboard users have a button for that. */

import { useEventListener } from "@vueuse/core";
import { type MaybeRefOrGetter, readonly, type Ref, ref, toValue } from "vue";

/** Distance (px) that triggers a refresh; beyond it the page resists. */
export const REFRESH_DISTANCE = 64;
const RESISTANCE = 0.5;
/** Distance (px) before which a movement isn't taken as a pull. */
const SLACK = 8;

/** Calls `refresh` after a pull; `distance` is how far the page is pulled down, in px. */
export function usePull(
  refresh: () => Promise<void>,
  isBusy: MaybeRefOrGetter<boolean>,
): { distance: Readonly<Ref<number>> } {
  const distance = ref(0);
  let from: { x: number; y: number } | null = null;

  useEventListener(
    document,
    "touchstart",
    ({ touches: [touch, second], target }: TouchEvent) => {
      const isFree = window.scrollY <= 0 && !toValue(isBusy) && !isInDialog(target);
      from = touch && !second && isFree ? { x: touch.clientX, y: touch.clientY } : null;
    },
    { passive: true },
  );
  useEventListener(
    document,
    "touchmove",
    (event: TouchEvent) => {
      const touch = event.touches[0];
      if (from === null || touch === undefined) {
        return;
      }
      const [right, down] = [Math.abs(touch.clientX - from.x), touch.clientY - from.y];
      if (distance.value === 0 && (down < SLACK || right > down)) {
        // Moving up or sideways is scrolling.
        from = down < -SLACK || right > SLACK ? null : from;
        return;
      }
      if (event.cancelable) {
        event.preventDefault();
      }
      const pulled = Math.max(0, down - SLACK) * RESISTANCE;
      distance.value = Math.min(pulled, REFRESH_DISTANCE + (pulled - REFRESH_DISTANCE) * RESISTANCE);
    },
    { passive: false },
  );
  useEventListener(document, ["touchend", "touchcancel"], async ({ type }: Event) => {
    const isFar = distance.value >= REFRESH_DISTANCE && type === "touchend";
    from = null;
    distance.value = 0;
    if (isFar) {
      await refresh();
    }
  });

  return { distance: readonly(distance) };
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("dialog") !== null;
}
