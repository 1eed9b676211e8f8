/** True if this phone itself signed a request that has ended: in another tab, before a reload, or earlier. */

import { ProblemError, ProtocolError, type ShieldError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { type Kind, KINDS, readTask, type Scan } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { signature } from "./signatures.ts";

/**
 * A document; `sid` is null if "my signatures" doesn't list it, as with a consent. `drawn` is the title that a view
 * drew of the content, null without one; `title` is the business system's word.
 */
export interface OwnDocument {
  readonly sid: string | null;
  readonly title: string;
  readonly mediaType: string;
  readonly drawn: string | null;
}

/**
 * A signature by this phone; `documents` are all that were signed, at least one. `signedAt` (ms) is null if
 * "my signatures" doesn't list it.
 */
export interface OwnSignature {
  readonly kind: Kind | "unknown";
  readonly documents: readonly [OwnDocument, ...OwnDocument[]];
  readonly businessName: string;
  readonly signedAt: number | null;
}

/** Returns what this phone signed of a request that it took; null if nothing. */
export async function ownSignature(
  operation: Operation,
  { kind, tasks, requester }: Pick<Scan, "kind" | "tasks" | "requester">,
): Promise<OwnSignature | null> {
  const signed: (OwnDocument & { readonly sid: string })[] = [];
  for (const { sid, title, mediaType, reading } of tasks) {
    // oxlint-disable-next-line no-await-in-loop -- the service answers one call of a phone at a time
    const task = await orNull(operation.connection.get(`/api/phone/tasks/${sid}`, operation.loggedIn()));
    if (task !== null && readTask(task).state === "signed") {
      const { title: name, list } = reading?.key ?? {};
      const drawn = name === undefined ? null : [name, list?.number].filter(Boolean).join(" ");
      signed.push({ sid, title, mediaType, drawn });
    }
  }
  const [first, ...others] = signed;
  if (first === undefined) {
    return null;
  }
  const listed = await orNull(signature(operation, first.sid));
  const document = (one: (typeof signed)[number]): OwnDocument => ({ ...one, sid: listed && one.sid });
  return {
    kind,
    documents: [document(first), ...others.map(document)],
    businessName: requester.name,
    signedAt: listed?.signedAt ?? null,
  };
}

/** Returns the earlier signature that a code's refusal reports; null if it reports none. */
export function earlierSignature({ code, extra }: ShieldError): OwnSignature | null {
  const own = extra["own_signature"];
  if (code !== "request_closed" || own === undefined) {
    return null;
  }
  const of = new Fields(own);
  const [first, ...others] = of.list("documents").map(readDocument);
  if (first === undefined) {
    throw new ProtocolError("malformed", "a signature of no document");
  }
  return {
    kind: of.knownWord("kind", KINDS),
    documents: [first, ...others],
    businessName: of.text("business_name"),
    signedAt: of.integer("signed_at"),
  };
}

function readDocument(value: unknown): OwnDocument {
  const of = new Fields(value);
  return {
    sid: of.textOrNull("sid"),
    title: of.text("title"),
    mediaType: of.text("media_type"),
    drawn: of.textOrNull("drawn"),
  };
}

/** Returns null for a document of another phone. */
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
