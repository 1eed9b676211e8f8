/**
 * Returns the lines of XML signed in canonical form, from the parse that was checked instead of a second one:
 * references and attributes have the values of that parse.
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
      from += pieces[place]!.length; // only whitespace between tags
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

/**
 * Returns how many items go on the line that starts here: those of an element that contains only text, or the
 * tag alone.
 */
function leafAt(items: readonly Item[], place: number): number {
  if (items[place + 1]!.kind === "end") {
    return 2;
  }
  return items[place + 1]!.kind === "text" && items[place + 2]!.kind === "end" ? 3 : 1;
}

/** Returns the text of an item; `names` is the stack of open elements. */
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
      return `<?${item.target} ${item.data}?>`; // canonical content contains none
  }
}

function attributesOf({ declared, attributes }: Start): string {
  const namespaces = declared.map(([prefix, uri]) => [prefix === "" ? "xmlns" : `xmlns:${prefix}`, uri]);
  const own = attributes.map(({ prefix, local, value }) => [nameOf(prefix, local), value]);
  return [...namespaces, ...own].map(([name, value]) => ` ${name}="${value}"`).join("");
}

const nameOf = (prefix: string, local: string): string => (prefix === "" ? local : `${prefix}:${local}`);
