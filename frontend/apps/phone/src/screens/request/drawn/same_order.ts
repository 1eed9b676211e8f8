/**
 * Returns whether two orders are for the same document, so that a drawing of one can be reused for the other.
 */

import type { DocumentOrder } from "@mshield/views";

type Octets = Uint8Array | null;

export function isSameOrder(a: DocumentOrder, b: DocumentOrder): boolean {
  const isSaid =
    a.kind === b.kind &&
    a.said.title === b.said.title &&
    JSON.stringify(a.said.lines) === JSON.stringify(b.said.lines);
  const isSigned =
    a.signedXml?.profile === b.signedXml?.profile &&
    isSame(a.signedXml?.message ?? null, b.signedXml?.message ?? null);
  return isSaid && isSigned && isSame(a.view, b.view) && isSame(a.content, b.content);
}

/** Compares bytes by value, since the engine's store returns copies. */
function isSame(a: Octets, b: Octets): boolean {
  if (a === null || b === null || a === b) {
    return a === b;
  }
  if (a.length !== b.length) {
    return false;
  }
  for (let n = 0; n < a.length; n++) {
    if (a[n] !== b[n]) {
      return false;
    }
  }
  return true;
}
