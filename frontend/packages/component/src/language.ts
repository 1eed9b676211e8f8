/** Language of the component: its own `lang`, else the nearest one around it, across shadow roots. */

import { type Language, languageFor } from "@mshield/look/language.ts";

/** The part of an element that is needed here. */
export interface Placed {
  closest(selector: string): { getAttribute(name: string): string | null } | null;
  getRootNode(): object;
}

/** Returns the language of the nearest `lang`; Chinese if there is none. */
export function languageOf(element: Placed): Language {
  for (let at: Placed | null = element; at !== null; at = hostOf(at)) {
    const named = at.closest("[lang]")?.getAttribute("lang");
    if (named) return languageFor([named]);
  }
  return languageFor([]);
}

/** Yields the document and each shadow root that contain the element. */
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
