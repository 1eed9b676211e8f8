/** Distinguished names of foreign certificates: any attributes, in any order, several per level. */

import { FormError } from "@mshield/forms";

import type { Name } from "../names.ts";
import { allOf, listOf, type Reader, whole } from "../reader.ts";
import { readText } from "./text.ts";

/** Reads the next name, with its attributes as encoded. */
export function readForeignName(reader: Reader): Name {
  const der = reader.raw(0x30);
  const attributes = whole(der, (outer) => listOf(outer.enter(), readLevel)).flat();
  return { der, attributes };
}

function readLevel(levels: Reader): (readonly [kind: string, value: string])[] {
  const level = levels.setOf();
  if (level.length === 0) {
    throw new FormError("a level of a name is empty");
  }
  return level.map((element) =>
    allOf(
      allOf(element, (one) => one.enter()),
      (pair) => [pair.oid(), readText(pair)] as const,
    ),
  );
}
