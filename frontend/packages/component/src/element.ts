/**
 * `<mshield-login>` and `<mshield-sign>`: show one request and report its progress to the page.
 *
 * A code is shown only during its own second. When no code is left, it disappears, and the element
 * reconnects.
 */

import tokens from "virtual:look/host";

import { Elapsed, FreshTexts } from "./fresh_texts.ts";
import { languageOf, rootsAround } from "./language.ts";
import style from "./style.css?inline";
import { View } from "./view.ts";
import { type Listener, type QrTexts, type Snapshot, Watch } from "./watch.ts";
import { type Kind, type Language, phrasesOf, type DisplayState } from "./words.ts";

const HOME = new URL(import.meta.url).origin;
const SOON = 10;

let sheet: CSSStyleSheet | undefined;

function sheetOfAll(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(tokens + style);
  }
  return sheet;
}

export class MshieldRequest extends HTMLElement implements Listener {
  static readonly observedAttributes = ["request", "token", "server", "number", "lang"];
  protected readonly kind: Kind = "login";
  readonly #view = new View();
  #watch: Watch | null = null;
  #snapshot: Snapshot | null = null;
  #texts: FreshTexts | null = null;
  #heard = new Elapsed();
  #whole = 0;
  #shown: DisplayState = "connecting";
  #drawn: string | null = null;
  #warned = false;
  #news = "";
  #spoken: Language = "zh";
  readonly #languages = new MutationObserver(() => {
    if (this.#language !== this.#spoken) this.#show(this.#shown);
  });
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "closed" });
    shadow.adoptedStyleSheets = [sheetOfAll()];
    shadow.append(this.#view.root);
    this.#view.onRetry = () => this.#watch?.again();
  }

  connectedCallback(): void {
    for (const root of rootsAround(this)) {
      this.#languages.observe(root, { attributeFilter: ["lang"], subtree: true });
    }
    this.#begin();
  }

  disconnectedCallback(): void {
    this.#languages.disconnect();
    this.#end();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return;
    if (name === "lang" || name === "number") this.#show(this.#shown);
    else this.#begin();
  }

  #begin(): void {
    this.#end();
    this.#snapshot = null;
    this.#texts = null;
    this.#warned = false;
    this.#whole = 0;
    const request = this.getAttribute("request");
    const token = this.getAttribute("token");
    this.#show("connecting");
    this.#view.left(null, 0);
    if (!request || !token) return; // a page may set them later
    const server = (this.getAttribute("server") ?? HOME).replace(/\/+$/, "");
    this.#watch = new Watch({ server, request, token }, this);
    void this.#watch.run();
    this.#ticker = setInterval(() => this.#tick(), 250);
  }

  #end(): void {
    this.#watch?.stop();
    this.#watch = null;
    clearInterval(this.#ticker);
  }

  onState(snapshot: Snapshot): void {
    const before = this.#snapshot?.state ?? "waiting";
    this.#snapshot = snapshot;
    this.#heard = new Elapsed();
    this.#whole = Math.max(this.#whole, snapshot.expires_in);
    if (snapshot.state === "waiting") this.#tick();
    else this.#show(snapshot.reason === "not_me" ? "not_me" : snapshot.state);
    this.#count();
    if (snapshot.state !== before) this.#tell(snapshot);
  }

  onTexts({ texts, every }: QrTexts): void {
    this.#texts = new FreshTexts(texts, every);
    this.#tick();
  }

  onLost(): void {
    if (!this.#over && this.#texts?.now == null) this.#show("offline");
  }

  onUnknown(): void {
    this.#end();
    this.#view.left(null, 0);
    this.#show("unknown");
  }

  get #over(): boolean {
    return this.#snapshot !== null && !["waiting", "scanned"].includes(this.#snapshot.state);
  }

  /**
   * Updates what may change within a quarter of a second: the code, the ring, and whether there is a code.
   */
  #tick(): void {
    this.#count();
    if (this.#snapshot?.state !== "waiting") return;
    const text = this.#texts?.now ?? null;
    if (text === null) {
      if (this.#texts === null) return; // the first codes haven't arrived yet
      this.#texts = null;
      this.#show("offline");
      this.#watch?.again();
    } else if (this.#shown !== "waiting" || text !== this.#drawn) {
      if (this.#shown !== "waiting") this.#show("waiting");
      this.#view.code(text);
      this.#drawn = text;
    }
  }

  #count(): void {
    if (this.#snapshot === null) return;
    if (this.#over) {
      this.#view.left(null, this.#snapshot.state === "signed" ? 1 : 0);
      clearInterval(this.#ticker);
      return;
    }
    const ms = Math.max(0, this.#snapshot.expires_in - this.#heard.ms);
    const seconds = Math.ceil(ms / 1000);
    this.#view.left(seconds, (seconds * 1000) / this.#whole);
    if (seconds <= SOON && seconds > 0 && !this.#warned) {
      this.#warned = true;
      this.#view.say(phrasesOf(this.#language).soon(seconds));
    }
  }

  #show(shown: DisplayState): void {
    this.#shown = shown;
    this.#drawn = null;
    this.#spoken = this.#language;
    const { kind, number } = this.#snapshot ?? { kind: this.kind, number: this.getAttribute("number") ?? "" };
    this.#view.describe(this.#spoken, kind, number);
    this.#view.show(shown);
  }

  get #language(): Language {
    return languageOf(this);
  }

  /** Reports each state once, even if the page moves the element and it starts again. */
  #tell({ id, state, reason }: Snapshot): void {
    const news = `${id} ${state}`;
    if (state === "waiting" || news === this.#news) return;
    this.#news = news;
    const detail = { id, state, reason };
    this.dispatchEvent(new CustomEvent(`mshield-${state}`, { bubbles: true, composed: true, detail }));
  }
}

export class MshieldSign extends MshieldRequest {
  protected override readonly kind: Kind = "signature";
}

export class MshieldLogin extends MshieldRequest {}
