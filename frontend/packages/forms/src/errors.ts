/** Bytes or text that are not of the form asked for; the message is for a log. */
export class FormError extends Error {
  override readonly name = "FormError";
}
