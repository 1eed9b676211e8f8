/** How an approval is called: its act, and whom or what it is about. */

import type { Approval } from "../../engine/types.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;

/** A word where the page has it. */
function known(t: Say, key: string, otherwise: string): string {
  const word = t(key);
  return word === key ? otherwise : word;
}

/** By its name where the page knows it, else by its code. */
export function actName(t: Say, { act }: Approval): string {
  return known(t, `act.${act.replace(".", "_")}`, act);
}

/** What can't be taken back once it is approved; empty where nothing of the kind is done. */
export function warningOf(t: Say, { act }: Approval): string {
  return known(t, `warning.${act.replace(".", "_")}`, "");
}

/** As its member wrote it; that of a list is a code, which the service gave. */
export function reasonOf(t: Say, { act, reason }: Approval): string {
  return act === "filing.legal_persons" ? known(t, `code.cause.${reason}`, reason) : reason;
}

/** How many lines of a list wait; a question of an earlier version has its legal persons' number alone. */
export function linesOf({ details }: Approval): number {
  return Number(details["lines"] ?? details["legal_persons"]);
}

/** A member's name stands in the details, since the subject is their id, an account's beside it; a list has the number of its lines. */
export function subjectOf(t: Say, approval: Approval): string {
  const { act, subject, details } = approval;
  if (act === "filing.legal_persons") return t("legal.lines", { n: linesOf(approval) });
  if (act === "view.add") return t("view", { title: details["title"], n: details["version"] });
  return typeof details["name"] === "string" ? details["name"] : (approval.subject_name ?? subject);
}
