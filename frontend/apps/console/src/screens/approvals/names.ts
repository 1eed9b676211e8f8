/** Names of approvals: the act, and its subject. */

import type { Approval } from "../../engine/types.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;

/** Returns a word if the page has it. */
function known(t: Say, key: string, otherwise: string): string {
  const word = t(key);
  return word === key ? otherwise : word;
}

/** Returns the act's name, or its code if unknown. */
export function actName(t: Say, { act }: Approval): string {
  return known(t, `act.${act.replace(".", "_")}`, act);
}

/** Returns the warning for an irreversible act; empty for others. */
export function warningOf(t: Say, { act }: Approval): string {
  return known(t, `warning.${act.replace(".", "_")}`, "");
}

/** Reports whether the approval has lines of the filing. */
export function hasLines({ act }: Approval): boolean {
  return act === "filing.legal_persons" || act === "filing.source";
}

/** Returns the reason as typed; that of the filing is a code from the service. */
export function reasonOf(t: Say, approval: Approval): string {
  const { reason } = approval;
  return hasLines(approval) ? known(t, `code.cause.${reason}`, reason) : reason;
}

/** Returns who asked; the outside system, while nobody of the staff has. */
export function askerOf(t: Say, { asked_by_name, details }: Approval): string {
  return asked_by_name ?? t("outside.asker", { source: details["source"] });
}

/** Returns the number of waiting lines. */
export function linesOf({ details }: Approval): number {
  return Number(details["lines"]);
}

/**
 * Returns the subject: a member's name from the details (the subject is an id), an account's beside it, a
 * list's number of lines.
 */
export function subjectOf(t: Say, approval: Approval): string {
  const { act, subject, details } = approval;
  if (act === "filing.legal_persons") return t("legal.lines", { n: linesOf(approval) });
  if (act === "view.add") return t("view", { title: details["title"], n: details["version"] });
  return typeof details["name"] === "string" ? details["name"] : (approval.subject_name ?? subject);
}
