/** What the service refused, or what kept a call from it: a stable code, both sentences, the FAQ entry. */

import { settings } from "./settings.ts";

interface Document {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  readonly faq?: string | null;
  readonly request_id?: string;
  readonly [extra: string]: unknown;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly document: Document;
  /** Null where no answer came. */
  readonly status: number | null;

  constructor(document: Document, status: number | null = null) {
    super(document.en);
    this.document = document;
    this.status = status;
  }

  get code(): string {
    return this.document.code;
  }

  get faq(): string | null {
    return this.document.faq ?? null;
  }

  /** In the language of the page. */
  get sentence(): string {
    return settings.language === "zh" ? this.document.zh : this.document.en;
  }
}

export function noConnection(): Problem {
  return new Problem({
    code: "network",
    zh: "网络不稳定，没有收到答复。可以放心再试一次，不会重复操作",
    en: "The connection failed and no answer came. Try again: nothing is done twice",
  });
}

/** The problem document of a refusal; something less where the answer isn't one. */
export function refusal(document: unknown, status: number): Problem {
  const known = document as Partial<Document> | null;
  if (typeof known?.code === "string" && typeof known.zh === "string" && typeof known.en === "string") {
    return new Problem(known as Document, status);
  }
  return new Problem(
    {
      code: `http_${status}`,
      zh: "服务暂时不可用，请稍后再试",
      en: "The service can't be used just now. Try again in a moment",
    },
    status,
  );
}

/** An error of any kind as one that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  console.error(error);
  return new Problem({
    code: "page_failed",
    zh: "页面出错了。请刷新后再试",
    en: "The page has failed. Load it anew and try again",
  });
}
