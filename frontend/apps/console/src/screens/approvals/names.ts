/** How an approval is called: its act, and whom or what it is about. */

import type { Approval } from "../../engine/client.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;

/** By its name where the page knows it, else by its code. */
export function actName(t: Say, { act }: Approval): string {
  const key = `act.${act.replace(".", "_")}`;
  const name = t(key);
  return name === key ? act : name;
}

/** A member's name stands in the details, since the subject is his id. */
export function subjectOf({ subject, details }: Approval): string {
  return typeof details["name"] === "string" ? details["name"] : subject;
}
