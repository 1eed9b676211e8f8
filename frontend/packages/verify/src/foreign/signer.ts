/** Whom a foreign certificate names, as it may be shown. */

import { attribute, type Name } from "../names.ts";
import { clipped } from "../text.ts";

/** A resident's id number, whose date of birth is hidden. */
const ID_NUMBER = /(^|[^0-9])([0-9]{6})[0-9]{8}([0-9]{3}[0-9Xx])(?![0-9])/g;

/** One attribute of a name, empty where it has none; of an id number not the date of birth. */
export function part(name: Name, kind: string): string {
  return clipped((attribute(name, kind) ?? "").replaceAll(ID_NUMBER, "$1$2********$3"));
}
