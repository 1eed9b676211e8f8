/** Text of an XML document: its characters, and the references in it. */

import { FormError } from "@mshield/forms";

// oxlint-disable-next-line no-control-regex -- just what XML's Char leaves out
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
/** Maximum number of characters between `&` and `;`. */
const REFERENCE = 10;
const ENTITIES = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Reports whether the text has a character that XML doesn't allow. */
export const hasOther = (text: string): boolean => NO_CHARACTER.test(text);

/** Returns the value of an attribute: literal white space becomes spaces. */
export const valueOf = (raw: string): string =>
  read(raw.includes("\n") || raw.includes("\t") ? raw.replaceAll(/[\t\n]/g, " ") : raw);

/** Reads the text between tags. Throws: FormError for `]]>`. */
export function textOf(raw: string): string {
  if (raw.includes("]]>")) {
    throw new FormError("the end of a section that hasn't begun");
  }
  return read(raw);
}

/** Resolves the references in a text. */
function read(raw: string): string {
  let at = raw.indexOf("&");
  if (at === -1) {
    return raw;
  }
  const parts: string[] = [];
  let from = 0;
  for (; at !== -1; at = raw.indexOf("&", from)) {
    const reference = raw.slice(at + 1, at + 2 + REFERENCE);
    const end = reference.indexOf(";");
    if (end === -1) {
      throw new FormError("a reference without end");
    }
    parts.push(raw.slice(from, at), character(reference.slice(0, end)));
    from = at + end + 2;
  }
  parts.push(raw.slice(from));
  return parts.join("");
}

function character(reference: string): string {
  const match = /^#(?:([0-9]+)|x([0-9a-fA-F]+))$/.exec(reference);
  if (match === null) {
    const entity = ENTITIES.get(reference);
    if (entity === undefined) {
      throw new FormError("an entity that isn't known");
    }
    return entity;
  }
  const code = match[1] === undefined ? Number.parseInt(match[2]!, 16) : Number.parseInt(match[1], 10);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code > 0x10ffff || isSurrogate || hasOther(String.fromCodePoint(code))) {
    throw new FormError("a character that XML doesn't know");
  }
  return String.fromCodePoint(code);
}
