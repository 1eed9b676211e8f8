/** Bytes or text that are not of the form asked for; the message is for a log. */
export class FormError extends Error {
  override readonly name = "FormError";
}

/** Signed XML, or XML to be signed, that is refused; `code` is one of those of `mshield verify`. */
export class XmlError extends FormError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
