/** Reasons for refusing a view or its content; `at` is a JSON Pointer into the view (views, "Answer"). */

export type ViewCode =
  | "bad_view"
  | "content"
  | "other_document"
  | "missing"
  | "duplicate"
  | "value"
  | "code"
  | "currency"
  | "unlisted"
  | "limit";

export class ViewError extends Error {
  override readonly name = "ViewError";
  readonly code: ViewCode;
  readonly at: string;

  constructor(code: ViewCode, at = "") {
    super(at === "" ? code : `${code} at ${at}`);
    this.code = code;
    this.at = at;
  }
}
