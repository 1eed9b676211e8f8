/** A digest as it is read and compared: upper-case hex in groups of four. */

import { contentDigest, type SignedTask } from "@mshield/shield";

/** The SM3 of a document's content: 7C1E 90B4 … in 16 groups. */
export function fingerprint(task: SignedTask): string {
  return inGroups(contentDigest(task));
}

/** A digest in groups. */
export function inGroups(digest: Uint8Array): string {
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.toUpperCase().match(/.{4}/g)?.join(" ") ?? "";
}

/** Its first two groups and the last. */
export function shortened(groups: string): string {
  return `${groups.slice(0, 9)} … ${groups.slice(-4)}`;
}
