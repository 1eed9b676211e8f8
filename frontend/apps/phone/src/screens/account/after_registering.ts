/** Where a registration leads: to what the login was for, else to what comes next. */

import { afterLogin } from "../../engine/to_login.ts";

export function nextOf(next: unknown): string {
  const wanted = afterLogin(next);
  return wanted === "/" ? "/next" : wanted;
}
