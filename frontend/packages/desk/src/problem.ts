/** A refusal by the service, or a failed call: a stable code, both sentences, the FAQ entry. */

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
  /** Null if no answer arrived. */
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

  /** The sentence in the page's language. */
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

/** Returns the problem document of a refusal, or a substitute if the answer isn't one. */
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

/** Converts any error to one that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  console.error(error);
  return new Problem({
    code: "page_failed",
    zh: "页面出错了。请刷新后再试",
    en: "The page has failed. Reload it and try again",
  });
}
