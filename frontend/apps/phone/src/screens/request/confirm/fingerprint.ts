/** Digests in readable form: upper-case hex in groups of four. */

import { contentDigest, type SignedTask } from "@mshield/shield";

/** Returns the SM3 digest of a document's content: 7C1E 90B4 … in 16 groups. */
export function fingerprint(task: SignedTask): string {
  return groupDigest(contentDigest(task));
}

/** Formats a digest in groups. */
export function groupDigest(digest: Uint8Array): string {
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.toUpperCase().match(/.{4}/g)?.join(" ") ?? "";
}

/** Returns the first two groups and the last. */
export function shortenDigest(groups: string): string {
  return `${groups.slice(0, 9)} … ${groups.slice(-4)}`;
}
