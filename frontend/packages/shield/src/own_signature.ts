/** Whether a request that is over was signed by this phone itself: in another tab, before a reload, or earlier. */

import { ProblemError, type ShieldError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { type Kind, KINDS, readTask, type Scan } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { signature } from "./signatures.ts";

/** `sid` is null where "my signatures" doesn't list it: a consent. */
export interface OwnDocument {
  readonly sid: string | null;
  readonly title: string;
}

/** `documents`: all that was signed, at least one; `signedAt` (ms) is null where "my signatures" doesn't list it. */
export interface OwnSignature {
  readonly kind: Kind | "unknown";
  readonly documents: readonly [OwnDocument, ...OwnDocument[]];
  readonly businessName: string | null;
  readonly signedAt: number | null;
}

/** What this phone signed of a request that it took; null where it signed nothing. */
export async function ownSignature(
  operation: Operation,
  { kind, tasks, requester }: Pick<Scan, "kind" | "tasks" | "requester">,
): Promise<OwnSignature | null> {
  const signed: { readonly sid: string; readonly title: string }[] = [];
  for (const { sid, title, reading } of tasks) {
    // oxlint-disable-next-line no-await-in-loop -- the service answers one call of a phone at a time
    const task = await orNull(operation.connection.get(`/api/phone/tasks/${sid}`, operation.loggedIn()));
    if (task !== null && readTask(task).state === "signed") {
      // As a batch's list names it: by what its content says.
      const { title: name = title, list } = reading?.key ?? {};
      signed.push({ sid, title: [name, list?.number].filter(Boolean).join(" ") });
    }
  }
  const [first, ...others] = signed;
  if (first === undefined) {
    return null;
  }
  const listed = await orNull(signature(operation, first.sid));
  const document = ({ sid, title }: (typeof signed)[number]): OwnDocument => ({
    sid: listed && sid,
    title,
  });
  return {
    kind,
    documents: [document(first), ...others.map(document)],
    businessName: requester.name,
    signedAt: listed?.signedAt ?? null,
  };
}

/** What the refusal of a code says that this phone has signed before; null where it says nothing of the kind. */
export function signedBefore({ code, extra }: ShieldError): OwnSignature | null {
  const own = extra["own_signature"];
  if (code !== "request_closed" || own === undefined) {
    return null;
  }
  const of = new Fields(own);
  const [first = readDocument(own), ...others] = of.has("documents")
    ? of.list("documents").map(readDocument)
    : []; // an older service names the first one alone
  return {
    kind: of.knownWord("kind", KINDS),
    documents: [first, ...others],
    businessName: of.textOrNull("business_name"),
    signedAt: of.integer("signed_at"),
  };
}

function readDocument(value: unknown): OwnDocument {
  const of = new Fields(value);
  return { sid: of.textOrNull("sid"), title: of.text("title") };
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
