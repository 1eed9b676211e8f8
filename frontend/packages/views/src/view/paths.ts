/** Paths of a view: steps by the tree's own names (views, "Grammar"). */

import { PATH, STEPS } from "../limits.ts";
import { isLonger } from "../text.ts";
import { stepOf } from "../content/tree.ts";
import type { SidePath, Steps } from "./view.ts";
import { badView } from "./members.ts";
import { LOCAL_NAME } from "@mshield/forms/xml_names.ts";

const UP = "..";

export interface PathForms {
  /** True if it may be `.`, and whether it may end in an attribute or a comment. */
  readonly isNode?: boolean;
  readonly isAttribute?: boolean;
  readonly isComment?: boolean;
}

export class Paths {
  /** Namespaces by the view's prefixes; null in JSON. */
  readonly #spaces: ReadonlyMap<string, string> | null;

  constructor(spaces: ReadonlyMap<string, string> | null) {
    this.#spaces = spaces;
  }

  /** Parses a path into steps. Throws: `bad_view` if it isn't one, or has a form that isn't allowed. */
  read(path: string, forms: PathForms = { isNode: true, isAttribute: true }): Steps {
    if (path === "" || isLonger(path, PATH)) {
      throw badView();
    }
    if (path === ".") {
      return required([], forms.isNode);
    }
    return this.#steps(path.split("/"), forms);
  }

  side(path: string): SidePath {
    if (path === "." || isLonger(path, PATH)) {
      return { up: 0, steps: this.read(path) };
    }
    const steps = path.split("/");
    const first = steps.findIndex((step) => step !== UP);
    const up = first === -1 ? steps.length : first;
    if (steps.length > STEPS) {
      throw badView();
    }
    return { up, steps: this.#steps(steps.slice(up), { isAttribute: true }) };
  }

  #steps(written: readonly string[], forms: PathForms): Steps {
    if (written.length > STEPS) {
      throw badView();
    }
    return written.map((step, n) => {
      const isLast = n === written.length - 1;
      return this.#spaces === null ? jsonStep(step) : this.#xmlStep(step, isLast ? forms : {}, this.#spaces);
    });
  }

  #xmlStep(written: string, forms: PathForms, spaces: ReadonlyMap<string, string>): string {
    if (written === "#comment") {
      return required(stepOf("comment", "", ""), forms.isComment);
    }
    const isAttribute = written.startsWith("@");
    const name = isAttribute ? written.slice(1) : written;
    const colon = name.indexOf(":");
    const prefix = colon === -1 ? "" : name.slice(0, colon);
    const local = name.slice(colon + 1);
    const space = spaces.get(prefix);
    const isNamed = colon === -1 || (prefix !== "" && space !== undefined);
    if (!isNamed || !LOCAL_NAME.test(local) || (isAttribute && !forms.isAttribute)) {
      throw badView();
    }
    const hasNone = isAttribute && prefix === "";
    return stepOf(isAttribute ? "attribute" : "element", local, hasNone ? "" : (space ?? ""));
  }
}

/** Parses a member's name, or `[]`. */
function jsonStep(written: string): string {
  if (written === "" || written === "." || written === UP || /~(?![01])/.test(written)) {
    throw badView();
  }
  return written.replaceAll("~1", "/").replaceAll("~0", "~");
}

function required<T>(value: T, isAllowed: boolean | undefined): T {
  if (!isAllowed) {
    throw badView();
  }
  return value;
}
