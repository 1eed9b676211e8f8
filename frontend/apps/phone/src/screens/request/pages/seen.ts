/**
 * Rule by which a page counts as shown: drawn completely, at three quarters of the screen's width or more, and each part
 * of it visible for a second. If a page is larger than the screen, its parts may be visible one after the
 * other.
 */

import { useIntervalFn } from "@vueuse/core";
import { type Ref, watch } from "vue";

export const LEAST_ZOOM = 75;
const LONG_ENOUGH_MS = 1000;
const STEP_MS = 100;
const COLUMNS = 4;
const ROWS = 10;

/** Display time of each spot of one page. */
export class Spots {
  readonly #shown = new Float64Array(COLUMNS * ROWS);

  /**
   * Adds `ms` to each spot for which `isShown` returns true; it receives the position as fractions of the
   * page's width and height.
   */
  add(ms: number, isShown: (x: number, y: number) => boolean): void {
    this.#shown.forEach((before, n) => {
      if (
        before < LONG_ENOUGH_MS &&
        isShown(((n % COLUMNS) + 0.5) / COLUMNS, (Math.floor(n / COLUMNS) + 0.5) / ROWS)
      ) {
        this.#shown[n] = before + ms;
      }
    });
  }

  get isWhole(): boolean {
    return this.#shown.every((ms) => ms >= LONG_ENOUGH_MS);
  }
}

export interface PageView {
  /** Element with the page's image. */
  readonly picture: Readonly<Ref<HTMLElement | null>>;
  /** Number of the page, from 1; null while it isn't drawn completely. */
  readonly drawn: Readonly<Ref<number | null>>;
  readonly zoom: Readonly<Ref<number>>;
}

export function useSeenPages({ picture, drawn, zoom }: PageView, onSeen: (page: number) => void): void {
  let spots = new Map<number, Spots>();
  let last = performance.now();
  const { pause, resume } = useIntervalFn(look, STEP_MS, { immediate: false });
  watch(
    () => drawn.value !== null && zoom.value >= LEAST_ZOOM,
    (isLooking) => {
      last = performance.now();
      (isLooking ? resume : pause)();
    },
    { immediate: true },
  );

  function look(): void {
    const now = performance.now();
    // A phone that slept for a minute displayed nothing during it.
    const passed = Math.min(now - last, 2 * STEP_MS);
    last = now;
    const page = drawn.value;
    if (page === null || picture.value === null || document.visibilityState !== "visible") {
      return;
    }
    const known = spots.get(page) ?? new Spots();
    spots = spots.set(page, known);
    known.add(passed, shownBy(picture.value));
    if (known.isWhole) {
      onSeen(page);
    }
  }
}

/**
 * Returns a function that reports whether a spot is on the screen and not covered, for instance by a bar or a
 * sheet.
 */
function shownBy(picture: HTMLElement): (x: number, y: number) => boolean {
  const { left, top, width, height } = picture.getBoundingClientRect();
  const view = window.visualViewport;
  const [from, to] = view
    ? [
        { x: view.offsetLeft, y: view.offsetTop },
        { x: view.offsetLeft + view.width, y: view.offsetTop + view.height },
      ]
    : [
        { x: 0, y: 0 },
        { x: innerWidth, y: innerHeight },
      ];
  return (partX, partY) => {
    const [x, y] = [left + partX * width, top + partY * height];
    return x >= from.x && x < to.x && y >= from.y && y < to.y && document.elementFromPoint(x, y) === picture;
  };
}
