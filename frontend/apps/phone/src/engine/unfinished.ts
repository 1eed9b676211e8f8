/** Record of work in progress that a reload would lose. */

import { router } from "../router.ts";
import { pinEntry } from "./pin_entry.ts";

/** Screens that only display; on all others the user enters, scans or decides something. */
const SHOWING = /^\/($|welcome|locked|me(\/|$)|faq(\/|$)|inbox)/;

export function isUnfinished(): boolean {
  return pinEntry.about !== null || !SHOWING.test(router.currentRoute.value.path);
}
