/**
 * The lines of XML that is signed in its canonical form: made of the very reading that was checked, not of a second one. What
 * references and attributes say is what that reading says.
 */

import type { Item, Start, XmlDocument } from "@mshield/forms/xml.ts";

import { Lines, MARKUP, PLAIN } from "./lines.ts";

export function documentLines({ items }: XmlDocument): Lines {
  const names: string[] = [];
  const pieces = items.map((item) => pieceOf(item, names));
  const lines = new Lines(pieces.join(""));
  let [depth, from] = [0, 0];
  for (let place = 0; place < items.length;) {
    const { kind } = items[place]!;
    depth -= kind === "end" ? 1 : 0;
    const count = kind === "start" ? leafAt(items, place) : 1;
    if (kind !== "text" || pieces[place]!.trim() !== "") {
      lines.line(depth);
    } else {
      from += pieces[place]!.length; // nothing but blanks between tags
      place++;
      continue;
    }
    depth += kind === "start" && count === 1 ? 1 : 0;
    for (const end = place + count; place < end; place++) {
      const to = from + pieces[place]!.length;
      lines.part(from, to, items[place]!.kind === "text" ? PLAIN : MARKUP);
      from = to;
    }
  }
  return lines;
}

/** How many items stand on one line from a start on: those of an element with nothing but a text in it, or the tag alone. */
function leafAt(items: readonly Item[], place: number): number {
  if (items[place + 1]!.kind === "end") {
    return 2;
  }
  return items[place + 1]!.kind === "text" && items[place + 2]!.kind === "end" ? 3 : 1;
}

/** `names` are those of the elements that are open. */
function pieceOf(item: Item, names: string[]): string {
  switch (item.kind) {
    case "start": {
      names.push(nameOf(item.prefix, item.local));
      return `<${names.at(-1)!}${attributesOf(item)}>`;
    }
    case "end":
      return `</${names.pop()!}>`;
    case "text":
      return item.text;
    case "instruction":
      return `<?${item.target} ${item.data}?>`; // none is in canonical content
  }
}

function attributesOf({ declared, attributes }: Start): string {
  const namespaces = declared.map(([prefix, uri]) => [prefix === "" ? "xmlns" : `xmlns:${prefix}`, uri]);
  const own = attributes.map(({ prefix, local, value }) => [nameOf(prefix, local), value]);
  return [...namespaces, ...own].map(([name, value]) => ` ${name}="${value}"`).join("");
}

const nameOf = (prefix: string, local: string): string => (prefix === "" ? local : `${prefix}:${local}`);
