/** Returns the path to open after a registration: the target of the login, otherwise the next step. */

import { afterLogin } from "../../engine/to_login.ts";

export function nextOf(next: unknown): string {
  const target = afterLogin(next);
  return target === "/" ? "/next" : target;
}
