/** Whether the user is in the middle of something that a reload would lose. */

import { router } from "../router.ts";
import { pinEntry } from "./pin_entry.ts";

/** Screens that only show; on all others something is being entered, scanned or decided. */
const SHOWING = /^\/($|welcome|locked|me(\/|$)|faq(\/|$)|inbox)/;

export function isUnfinished(): boolean {
  return pinEntry.about !== null || !SHOWING.test(router.currentRoute.value.path);
}
