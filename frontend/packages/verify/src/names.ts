/** Distinguished names, compared by their bytes. */

import type { Reader } from "./reader.ts";
import { allOf, listOf, whole } from "./reader.ts";

export interface Name {
  readonly der: Uint8Array;
  /** Object identifier and text, from the top level down. */
  readonly attributes: readonly (readonly [kind: string, value: string])[];
}

/** Reads the next name: one attribute per level, of known string types. */
export function readName(reader: Reader): Name {
  const der = reader.raw(0x30);
  const attributes = whole(der, (outer) =>
    listOf(outer.enter(), (levels) =>
      allOf(
        allOf(levels.enter(0x31), (level) => level.enter()),
        (pair) => [pair.oid(), pair.text()[1]] as const,
      ),
    ),
  );
  return { der, attributes };
}

/** Returns the first value of an attribute. */
export function attribute(name: Name, kind: string): string | null {
  return name.attributes.find(([type]) => type === kind)?.[1] ?? null;
}
