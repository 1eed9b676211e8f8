/**
 * Texts of private extensions of Chinese CAs: documented ones, and E-Port's others. All others remain bytes.
 *
 * E-Port's have a UTF8String each, GB/T 20518's a PrintableString, the identify code one behind a tag for its
 * kind.
 */

import { FormError } from "@mshield/forms";

import type { Extension } from "../extensions.ts";
import { allOf, whole } from "../reader.ts";
import { readText } from "./text.ts";

const [EPORT, GB] = ["1.3.6.1.4.1.5315.100.", "1.2.156.10260.4.1."];
const KNOWN: ReadonlySet<string> = new Set([
  ...["2.1", "2.4", "5.1", "5.3", "5.8", "5.9", "5.11", "5.12"].map((last) => EPORT + last),
  ...["1", "2", "3", "4", "5"].map((last) => GB + last),
]);
const KINDS: ReadonlySet<number | null> = new Set([0xa0, 0xa1, 0xa2]);

/** Returns identifier and text of the known ones that can be read, in the certificate's order. */
export function privateTexts(extensions: readonly Extension[]): (readonly [oid: string, text: string])[] {
  return extensions
    .filter(({ oid }) => KNOWN.has(oid))
    .flatMap(({ oid, value }) => {
      const text = textOf(value);
      return text === null ? [] : [[oid, text] as const];
    });
}

function textOf(value: Uint8Array): string | null {
  try {
    return whole(value, (outer) =>
      KINDS.has(outer.next) ? allOf(outer.enter(outer.next as number), readText) : readText(outer),
    );
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}
