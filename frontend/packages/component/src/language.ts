/** Which language the component speaks: its own `lang`, else the nearest around it, also past shadow roots. */

import { type Language, languageFor } from "@mshield/look/language.ts";

/** What is asked of an element. */
export interface Placed {
  closest(selector: string): { getAttribute(name: string): string | null } | null;
  getRootNode(): object;
}

/** As the one that is named says; Chinese where none is. */
export function languageOf(element: Placed): Language {
  for (let at: Placed | null = element; at !== null; at = hostOf(at)) {
    const named = at.closest("[lang]")?.getAttribute("lang");
    if (named) return languageFor([named]);
  }
  return languageFor([]);
}

/** The document and each shadow root that the element stands in. */
export function* rootsAround(element: Element): Generator<Node> {
  for (let at: Element | null = element; at !== null;) {
    const root: Node = at.getRootNode();
    yield root;
    at = root instanceof ShadowRoot ? root.host : null;
  }
}

function hostOf(element: Placed): Placed | null {
  const root = element.getRootNode();
  return "host" in root ? (root.host as Placed) : null;
}
