/** The person that a foreign certificate names, in displayable form. */

import { attribute, type Name } from "../names.ts";
import { clipped } from "../text.ts";

/** A resident's ID number, whose date of birth is masked. */
const ID_NUMBER = /(^|[^0-9])([0-9]{6})[0-9]{8}([0-9]{3}[0-9Xx])(?![0-9])/g;

/** Masks dates of birth in a certificate's text. */
export function masked(text: string): string {
  return text.replaceAll(ID_NUMBER, "$1$2********$3");
}

/** Returns one attribute of a name, empty if absent, with dates of birth in ID numbers masked. */
export function part(name: Name, kind: string): string {
  return clipped(masked(attribute(name, kind) ?? ""));
}
