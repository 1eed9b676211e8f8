/** My signatures (我的签名, manual 2.3.1.7): what this phone has signed. */

import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";

/** One line of the signature history. */
export interface SignatureRecord {
  readonly sid: string;
  readonly kind: string;
  readonly title: string;
  readonly businessName: string | null;
  readonly signedAt: number;
  readonly serial: string | null;
  readonly digest: string;
}

/** A page of the history, newest first; `next` is the `before` of the following page. */
export interface SignaturePage {
  readonly items: readonly SignatureRecord[];
  readonly next: string | null;
}

export async function signatures(
  operation: Operation,
  { before, limit = 20 }: { readonly before?: string; readonly limit?: number },
): Promise<SignaturePage> {
  const params = { limit: String(limit), ...(before !== undefined && { before }) };
  const of = new Fields(
    await operation.connection.get("/api/phone/signatures", operation.loggedIn(), params),
  );
  return { items: of.list("items").map(readRecord), next: of.textOrNull("next") };
}

function readRecord(value: unknown): SignatureRecord {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    kind: of.text("kind"),
    title: of.text("title"),
    businessName: of.textOrNull("business_name"),
    signedAt: of.integer("signed_at"),
    serial: of.textOrNull("serial"),
    digest: of.text("digest"),
  };
}
