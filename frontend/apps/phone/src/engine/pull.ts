/** Pulling the page down at its top, to have it loaded again. Mouse and keyboard have a button for that. */

import { useEventListener } from "@vueuse/core";
import { type MaybeRefOrGetter, readonly, type Ref, ref, toValue } from "vue";

/** How far (px) one must pull; beyond it the page resists. */
export const FAR = 64;
const RESISTANCE = 0.5;
/** Before that it isn't clear whether one means to pull. */
const SLACK = 8;

/** Calls `refresh` after a pull; `distance` is how far the page is drawn down, in px. */
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
        // Upwards or sideways it is scrolling.
        from = down < -SLACK || right > SLACK ? null : from;
        return;
      }
      if (event.cancelable) {
        event.preventDefault();
      }
      const pulled = Math.max(0, down - SLACK) * RESISTANCE;
      distance.value = Math.min(pulled, FAR + (pulled - FAR) * RESISTANCE);
    },
    { passive: false },
  );
  useEventListener(document, ["touchend", "touchcancel"], async ({ type }: Event) => {
    const isFar = distance.value >= FAR && type === "touchend";
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
