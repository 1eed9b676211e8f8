/** The panel as nodes: one method per thing that changes. Knows no network and no request. */

import { html, icon, logo, svg } from "./marks.ts";
import { draw, pixels } from "./qr.ts";
import { type Kind, type Language, phrasesOf, type Shown, wordsOf } from "./words.ts";

const ICONS: Partial<Record<Shown, string>> = {
  declined: "stop",
  not_me: "stop",
  expired: "clock",
  cancelled: "stop",
  offline: "wifi-off",
  unknown: "clock",
};
const ENDED: ReadonlySet<Shown> = new Set(["declined", "not_me", "expired", "cancelled", "unknown"]);

export class View {
  readonly root: DocumentFragment = document.createDocumentFragment();
  /** Called when the reader asks to connect again. */
  onRetry: () => void = () => undefined;
  readonly #rest = svg("rect", { class: "rest", pathLength: 100 });
  readonly #path = svg("path", { fill: "#0f1f1d" });
  readonly #qr = svg("svg", { class: "qr", role: "img", "shape-rendering": "crispEdges" }, this.#path);
  readonly #code = html("div", "code", this.#qr, html("span", "mark", logo("")));
  readonly #card = html("div", "card");
  readonly #again = document.createElement("slot");
  readonly #countdown = html("p", "countdown");
  readonly #matchNumber = html("span", "number");
  readonly #matchTitle = html("b", "");
  readonly #matchText = html("p", "");
  readonly #match = html(
    "div",
    "match",
    this.#matchNumber,
    html("div", "", this.#matchTitle, this.#matchText),
  );
  readonly #steps = html("ol", "steps");
  readonly #panel = html("div", "panel");
  readonly #said = html("p", "said");
  #language: Language = "zh";
  #kind: Kind = "login";
  #number = "";
  #shown: Shown = "connecting";

  constructor() {
    const track = svg("svg", { class: "track", "aria-hidden": "true" }, svg("rect"), this.#rest);
    const ring = html("div", "ring", track, this.#code, this.#card);
    this.#panel.append(ring, this.#countdown, this.#match, this.#steps, this.#said);
    this.#again.name = "again";
    this.#countdown.setAttribute("role", "timer");
    this.#said.setAttribute("role", "status");
    for (const [part, node] of Object.entries({
      panel: this.#panel,
      ring,
      code: this.#code,
      card: this.#card,
      countdown: this.#countdown,
      match: this.#match,
      steps: this.#steps,
    })) {
      node.setAttribute("part", part);
    }
    this.root.append(this.#panel);
  }

  /** Sets what stays the same for one request. */
  describe(language: Language, kind: Kind, number: string): void {
    this.#language = language;
    this.#kind = kind;
    this.#number = number;
    const phrases = phrasesOf(language);
    this.#panel.lang = language === "zh" ? "zh-CN" : "en"; // the page around it may speak another one
    this.#qr.setAttribute("aria-label", phrases.code[kind]);
    this.#matchNumber.textContent = number;
    this.#matchTitle.textContent = phrases.match.title;
    this.#matchText.textContent = phrases.match.text;
    this.#steps.replaceChildren(
      html("li", "", icon("scan"), html("span", "", phrases.steps[0])),
      html("li", "", icon("pin"), html("span", "", phrases.steps[1])),
    );
  }

  /** Shows a state; a code appears by `code` alone. */
  show(shown: Shown): void {
    this.#shown = shown;
    const words = wordsOf(this.#language, this.#kind, shown);
    const waiting = shown === "waiting";
    this.#code.hidden = true;
    this.#path.removeAttribute("d");
    this.#card.hidden = waiting;
    this.#card.className = `card ${shown}`;
    this.#card.replaceChildren(...this.#picture(), html("p", "title", words.title));
    if (words.text) this.#card.append(html("p", "text", words.text));
    if (shown === "offline") this.#card.append(this.#retry());
    if (ENDED.has(shown)) this.#card.append(this.#again);
    const open = ["connecting", "waiting", "offline"].includes(shown);
    this.#match.hidden = !(open && this.#number);
    this.#steps.hidden = !open;
    this.say([words.title, words.text].filter(Boolean).join(this.#language === "zh" ? "，" : ". "));
  }

  /** Draws the code of a text. */
  code(text: string): void {
    const { side, path } = draw(text);
    const size = pixels(side);
    this.#qr.setAttribute("viewBox", `0 0 ${side} ${side}`);
    this.#qr.setAttribute("width", String(size));
    this.#qr.setAttribute("height", String(size));
    this.#path.setAttribute("d", path);
    this.#code.hidden = false;
  }

  /** The ring and the countdown: seconds left of all; null for a ring that is full or empty without a count. */
  left(seconds: number | null, share: number): void {
    const left = seconds === null ? "" : phrasesOf(this.#language).left(seconds);
    if (this.#countdown.textContent !== left) this.#countdown.textContent = left;
    this.#rest.setAttribute("stroke-dasharray", `${Math.max(0, Math.min(1, share)) * 100} 100`);
    this.#rest.toggleAttribute("hidden", share <= 0);
  }

  /** Tells a screen reader, once. */
  say(sentence: string): void {
    if (this.#said.textContent !== sentence) this.#said.textContent = sentence;
  }

  #picture(): Node[] {
    if (this.#shown === "scanned" && this.#number) return [html("p", "number", this.#number)];
    if (this.#shown === "signed") return [logo("big")];
    const name = ICONS[this.#shown];
    return name === undefined ? [] : [icon(name)];
  }

  #retry(): Node {
    const button = html("button", "", phrasesOf(this.#language).retry);
    button.type = "button";
    button.addEventListener("click", () => this.onRetry());
    return button;
  }
}
