/** The panel as nodes, one method per changeable part. It knows neither network nor request. */

import { html, icon, logo, svg } from "./marks.ts";
import { draw, pixels } from "./qr.ts";
import { shortOf } from "./short_code.ts";
import { type Kind, type Language, phrasesOf, type DisplayState, wordsOf } from "./words.ts";

const ICONS: Partial<Record<DisplayState, string>> = {
  declined: "stop",
  not_me: "stop",
  expired: "clock",
  cancelled: "stop",
  offline: "wifi-off",
  unknown: "clock",
};
const ENDED: ReadonlySet<DisplayState> = new Set(["declined", "not_me", "expired", "cancelled", "unknown"]);

/** Validity of a code, in ms. */
const SHORT_MS = 5000;

export class View {
  readonly root: DocumentFragment = document.createDocumentFragment();
  /** Called when the user asks to reconnect. */
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
  readonly #askShort = html("button", "ask");
  readonly #shortCode = html("b", "");
  readonly #shortText = html("p", "");
  readonly #short = html("div", "short", this.#shortCode, this.#shortText);
  readonly #ways = html("div", "ways", this.#askShort, this.#short);
  readonly #panel = html("div", "panel");
  readonly #said = html("p", "said");
  #language: Language = "zh";
  #kind: Kind = "login";
  #number = "";
  #shown: DisplayState = "connecting";
  #shortSince: number | null = null;

  constructor() {
    const track = svg("svg", { class: "track", "aria-hidden": "true" }, svg("rect"), this.#rest);
    const ring = html("div", "ring", track, this.#code, this.#card);
    this.#panel.append(ring, this.#countdown, this.#match, this.#steps, this.#ways, this.#said);
    this.#askShort.type = "button";
    this.#askShort.addEventListener("click", () => this.#showShort());
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

  #showShort(): void {
    this.#short.hidden = false;
    this.#askShort.hidden = true;
    this.#shortSince = null; // the next second has its own short code
  }

  /** Sets what stays the same during one request. */
  describe(language: Language, kind: Kind, number: string): void {
    this.#language = language;
    this.#kind = kind;
    this.#number = number;
    const phrases = phrasesOf(language);
    this.#panel.lang = language === "zh" ? "zh-CN" : "en"; // the surrounding page may use another language
    this.#qr.setAttribute("aria-label", phrases.code[kind]);
    this.#askShort.textContent = phrases.short.title;
    this.#shortText.textContent = phrases.short.text;
    this.#short.hidden = true;
    this.#matchNumber.textContent = number;
    this.#matchTitle.textContent = phrases.match.title;
    this.#matchText.textContent = phrases.match.text;
    this.#steps.replaceChildren(
      html("li", "", icon("scan"), html("span", "", phrases.steps[0])),
      html("li", "", icon("pin"), html("span", "", phrases.steps[1])),
    );
  }

  /** Shows a state; a code appears only through `code`. */
  show(shown: DisplayState): void {
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
    this.#ways.hidden = !waiting;
    this.say([words.title, words.text].filter(Boolean).join(this.#language === "zh" ? "，" : ". "));
  }

  /** Draws the code of a text; its short code stays for five seconds, the validity of a code. */
  code(text: string): void {
    const short = shortOf(text);
    this.#askShort.hidden = short === null || !this.#short.hidden;
    if (short === null) {
      this.#short.hidden = true;
    } else if (this.#shortSince === null || performance.now() - this.#shortSince >= SHORT_MS) {
      this.#shortSince = performance.now();
      this.#shortCode.textContent = short;
    }
    const { side, path } = draw(text);
    const size = pixels(side);
    this.#qr.setAttribute("viewBox", `0 0 ${side} ${side}`);
    this.#qr.setAttribute("width", String(size));
    this.#qr.setAttribute("height", String(size));
    this.#path.setAttribute("d", path);
    this.#code.hidden = false;
  }

  /**
   * Updates ring and countdown with the seconds left and their share; null shows the ring without a
   * countdown.
   */
  left(seconds: number | null, share: number): void {
    const left = seconds === null ? "" : phrasesOf(this.#language).left(seconds);
    if (this.#countdown.textContent !== left) this.#countdown.textContent = left;
    this.#rest.setAttribute("stroke-dasharray", `${Math.max(0, Math.min(1, share)) * 100} 100`);
    this.#rest.toggleAttribute("hidden", share <= 0);
  }

  /** Announces a sentence to screen readers, once. */
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
