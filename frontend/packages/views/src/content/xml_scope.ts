/** Prefixes in scope. Declarations are undone at the end of their element, so nothing is copied. */

import { FormError } from "@mshield/forms";

import { NAME, PREFIXES } from "../limits.ts";
import { isLonger } from "../text.ts";
import { XML_NAMESPACE, XMLNS_NAMESPACE } from "@mshield/forms/xml_names.ts";

export class Scope {
  readonly #bound = new Map<string, string>([
    ["", ""],
    ["xml", XML_NAMESPACE],
  ]);
  readonly #undo: { readonly prefix: string; readonly before: string | undefined; readonly id: number }[] =
    [];
  #last = 0;
  #id = 0;

  /** Identifies the declarations in force: under the same id, a name means the same. */
  get id(): number {
    return this.#id;
  }

  /** Returns the number of declarations in force, for `backTo`. */
  get mark(): number {
    return this.#undo.length;
  }

  backTo(mark: number): void {
    while (this.#undo.length > mark) {
      const { prefix, before, id } = this.#undo.pop()!;
      this.#id = id;
      if (before === undefined) {
        this.#bound.delete(prefix);
      } else {
        this.#bound.set(prefix, before);
      }
    }
  }

  bind(prefix: string, space: string): void {
    const isReserved =
      prefix === "xml" || prefix === "xmlns" || space === XML_NAMESPACE || space === XMLNS_NAMESPACE;
    if (isReserved || (space === "" && prefix !== "") || isLonger(space, NAME)) {
      throw new FormError("a declaration that content must not have");
    }
    this.#undo.push({ prefix, before: this.#bound.get(prefix), id: this.#id });
    this.#last++;
    this.#id = this.#last;
    this.#bound.set(prefix, space);
    if (this.#bound.size > PREFIXES) {
      throw new FormError("too many prefixes");
    }
  }

  /**
   * Returns the namespace of a prefix, which may be empty. Throws: FormError for `xml` and unbound prefixes.
   */
  space(prefix: string): string {
    const space = prefix === "xml" ? undefined : this.#bound.get(prefix);
    if (space === undefined) {
      throw new FormError("a prefix that isn't bound, or xml");
    }
    return space;
  }
}
