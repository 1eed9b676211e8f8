/** The names of one document, read once however often they are written. */

import { FormError } from "@mshield/forms";
import { QUALIFIED_NAME } from "@mshield/forms/xml_names.ts";

import { NAME } from "../limits.ts";
import { isLonger } from "../text.ts";
import { stepOf } from "./tree.ts";
import type { Scope } from "./xml_scope.ts";

/** A name as it is written, and what it stands for in the scope in which it was asked last. */
export interface Name {
  readonly written: string;
  readonly prefix: string;
  readonly local: string;
  /** Whether it declares a prefix, as an attribute. */
  readonly isDeclaration: boolean;
  /** The tag that had it last as an attribute. */
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

  /** Undefined for what wasn't read before. */
  known(written: string): Name | undefined {
    return this.#names.get(written);
  }

  /** FormError for what is no name, or too long. */
  read(written: string): Name {
    return this.#names.get(written) ?? this.#add(written);
  }

  /** In the scope of now; FormError for a prefix that isn't bound. */
  resolved(name: Name): Name {
    const { id } = this.#scope;
    if (name.scope !== id) {
      // The default is none of an attribute.
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
