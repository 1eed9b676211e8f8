/** Names of one document, parsed once however often they occur. */

import { FormError } from "@mshield/forms";
import { QUALIFIED_NAME } from "@mshield/forms/xml_names.ts";

import { NAME } from "../limits.ts";
import { isLonger } from "../text.ts";
import { stepOf } from "./tree.ts";
import type { Scope } from "./xml_scope.ts";

/** A name as written, and its meaning in the scope in which it was last looked up. */
export interface Name {
  readonly written: string;
  readonly prefix: string;
  readonly local: string;
  /** True if it declares a prefix, as an attribute. */
  readonly isDeclaration: boolean;
  /** The last tag that had it as an attribute. */
  tag: number;
  scope: number;
  space: string;
  step: string;
}

export class Names {
  readonly #kind: "element" | "attribute";
  readonly #scope: Scope;
  readonly #names = new Map<string, Name>();

  constructor(kind: "element" | "attribute", scope: Scope) {
    this.#kind = kind;
    this.#scope = scope;
  }

  /** Returns a name that was parsed before; undefined otherwise. */
  known(written: string): Name | undefined {
    return this.#names.get(written);
  }

  /** Parses a name. Throws: FormError if it isn't one, or is too long. */
  read(written: string): Name {
    return this.#names.get(written) ?? this.#add(written);
  }

  /** Resolves a name in the present scope. Throws: FormError if its prefix isn't bound. */
  resolved(name: Name): Name {
    const { id } = this.#scope;
    if (name.scope !== id) {
      // The default namespace doesn't apply to attributes.
      const hasNone = name.prefix === "" && this.#kind === "attribute";
      name.space = hasNone ? "" : this.#scope.space(name.prefix);
      name.step = stepOf(this.#kind, name.local, name.space);
      name.scope = id;
    }
    return name;
  }

  #add(written: string): Name {
    QUALIFIED_NAME.lastIndex = 0;
    const match = QUALIFIED_NAME.exec(written);
    if (match === null || match[0].length !== written.length || isLonger(written, NAME)) {
      throw new FormError("not a name, or too long");
    }
    const [, prefix = "", local = ""] = match;
    const isDeclaration = prefix === "xmlns" || written === "xmlns";
    const name = { written, prefix, local, isDeclaration, tag: 0, scope: -1, space: "", step: "" };
    this.#names.set(written, name);
    return name;
  }
}
