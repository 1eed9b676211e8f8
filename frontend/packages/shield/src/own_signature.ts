/** Whether a request that is over was signed by this phone itself: in another tab, before a reload, or earlier. */

import { ProblemError, type ShieldError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { type Kind, KINDS, readTask, type Scan } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { signature } from "./signatures.ts";

/** `sid` and `signedAt` (ms) are null where "my signatures" doesn't list it: a consent. */
export interface OwnSignature {
  readonly sid: string | null;
  readonly kind: Kind;
  readonly title: string;
  readonly businessName: string | null;
  readonly signedAt: number | null;
}

/** The first document of a request that this phone took and signed; null where it signed none. */
export async function ownSignature(
  operation: Operation,
  { kind, tasks, requester }: Pick<Scan, "kind" | "tasks" | "requester">,
): Promise<OwnSignature | null> {
  for (const { sid, title } of tasks) {
    const task = await orNull(operation.connection.get(`/api/phone/tasks/${sid}`, operation.loggedIn()));
    if (task !== null && readTask(task).state === "signed") {
      const listed = await orNull(signature(operation, sid));
      return {
        sid: listed && sid,
        kind,
        title,
        businessName: requester.name,
        signedAt: listed?.signedAt ?? null,
      };
    }
  }
  return null;
}

/** What the refusal of a code says that this phone has signed before; null where it says nothing of the kind. */
export function signedBefore({ code, extra }: ShieldError): OwnSignature | null {
  const own = extra["own_signature"];
  if (code !== "request_closed" || own === undefined) {
    return null;
  }
  const of = new Fields(own);
  return {
    sid: of.textOrNull("sid"),
    kind: of.word("kind", KINDS),
    title: of.text("title"),
    businessName: of.textOrNull("business_name"),
    signedAt: of.integer("signed_at"),
  };
}

/** Null for what isn't this phone's. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProblemError && error.code === "not_found") {
      return null;
    }
    throw error;
  }
}
