/**
 * Elements and pictures, built node by node: the component writes no markup, so Trusted Types never object.
 */

import { icons, logo as halves } from "virtual:look/marks";

const SVG = "http://www.w3.org/2000/svg";

/** Creates an SVG element. */
export function svg(
  name: string,
  attributes: Record<string, string | number> = {},
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Creates an HTML element with a class. */
export function html<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/**
 * Creates the two halves in the light look's colours, for white; style.css has other colours for a surface.
 */
export function logo(className: string): SVGElement {
  const parts = halves.map(([name, attributes], index) =>
    svg(name, { ...attributes, class: index === 0 ? "half left" : "half right" }),
  );
  return svg("svg", { viewBox: "0 0 48 48", class: className, "aria-hidden": "true" }, ...parts);
}

/** Creates an icon of the look. */
export function icon(name: string): SVGElement {
  const parts = (icons[name] ?? []).map(([tag, attributes]) => svg(tag, attributes));
  return svg("svg", { viewBox: "0 0 24 24", class: `icon ${name}`, "aria-hidden": "true" }, ...parts);
}
