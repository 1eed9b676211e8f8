/**
 * Content that a view doesn't render (views, "Drawing", 6): listed under `rest`, or counted where the view
 * ignores it by name.
 */

import type { DrawnLines } from "./drawn.ts";
import { ViewError } from "../errors.ts";
import type { Node } from "../content/tree.ts";
import type { Steps, View } from "../view/view.ts";

const NAMED = 100;

export interface Coverage {
  readonly rest: DrawnLines["rest"];
  readonly notShown: DrawnLines["not_shown"];
  /** Number of leaves under paths beyond the first hundred. */
  readonly more: number;
}

/** Ignored paths as a tree of steps; `true` ends a path. */
type Ignored = Map<string, Ignored | true>;

interface Visit {
  readonly node: Node;
  readonly from: Visit | null;
  readonly ignored: Ignored | true | undefined;
  /** The path as the answer writes it, computed on first use; empty for the root. */
  path: string | null;
}

/** Covers all leaves that aren't rendered; calls `add` for each line of `rest`. */
export function coverage(view: View, root: Node, add: () => void): Coverage {
  const rest: { path: string; value: string }[] = [];
  const counts = new Map<string, number>();
  let more = 0;
  for (const visit of leaves(view, root)) {
    const { node, ignored } = visit;
    const written = pathOf(visit, view) || ".";
    if (ignored === true) {
      if (counts.has(written) || counts.size < NAMED) {
        counts.set(written, (counts.get(written) ?? 0) + 1);
      } else {
        more++;
      }
    } else {
      if (view.refusesUnlisted) {
        throw new ViewError("unlisted", "/unlisted");
      }
      add();
      rest.push({ path: written, value: node.text! });
    }
  }
  return { rest, notShown: [...counts].map(([path, count]) => ({ count, path })), more };
}

/** Returns the leaves that aren't rendered, in document order. */
function leaves(view: View, root: Node): Visit[] {
  const undrawn: Visit[] = [];
  const visits: Visit[] = [{ node: root, from: null, ignored: tree(view.ignore), path: "" }];
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    const { node } = visit;
    const isSpokenFor = node.isLeaf && node.attributes.length > 0 && node.isEmpty;
    if (node.isLeaf && !node.isDrawn && !isSpokenFor) {
      undrawn.push(visit);
    }
    // Pushed in reverse, so that the first is visited next.
    put(visits, node.children, visit);
    put(visits, node.attributes, visit);
  }
  return undrawn;
}

/** Pushes parts to be visited, except rendered ones that have no parts of their own, not even comments. */
function put(visits: Visit[], parts: readonly Node[], from: Visit): void {
  const { ignored } = from;
  for (let n = parts.length - 1; n >= 0; n--) {
    const node = parts[n]!;
    if (!node.isDrawn || node.attributes.length > 0 || node.children.length > 0) {
      const isOver = ignored === undefined || ignored === true;
      visits.push({ node, from, ignored: isOver ? ignored : ignored.get(node.step), path: null });
    }
  }
}

function pathOf(visit: Visit, view: View): string {
  if (visit.path === null) {
    const name = writtenName(visit.node, view);
    const before = pathOf(visit.from!, view);
    visit.path = before === "" ? name : `${before}/${name}`;
  }
  return visit.path;
}

function writtenName({ kind, name, space }: Node, { prefixes }: View): string {
  if (kind === "comment") {
    return "#comment";
  }
  if (kind === "member") {
    return name.replaceAll("~", "~0").replaceAll("/", "~1");
  }
  const at = kind === "attribute" ? "@" : "";
  // The empty prefix applies to elements only.
  const prefix = space === "" ? "" : prefixes.get(space);
  const isNamed = prefix !== undefined && (prefix !== "" || space === "" || kind === "element");
  if (!isNamed) {
    return `${at}{${space}}${name}`;
  }
  return prefix === "" ? `${at}${name}` : `${at}${prefix}:${name}`;
}

function tree(paths: readonly Steps[]): Ignored {
  const root: Ignored = new Map();
  for (const path of paths) {
    let at = root;
    path.forEach((step, n) => {
      const next = at.get(step);
      if (n === path.length - 1) {
        at.set(step, true);
      } else if (next === undefined) {
        const deeper: Ignored = new Map();
        at.set(step, deeper);
        at = deeper;
      } else if (next === true) {
        at = new Map(); // everything below is ignored already
      } else {
        at = next;
      }
    });
  }
  return root;
}
