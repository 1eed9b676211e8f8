/** Error for bytes or text that don't have the required form; the message is for a log. */
export class FormError extends Error {
  override readonly name = "FormError";
}

/** Error for refused XML, signed or to be signed; `code` is one of the codes of `mshield verify`. */
export class XmlError extends FormError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
