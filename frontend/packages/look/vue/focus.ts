/** Ownership of the focus: late results don't take it from a user who has moved on. */

/** Call it at a press; the returned function reports whether the focus is still there, or nowhere. */
export function captureFocus(): () => boolean {
  const { activeElement: before } = document;
  return () => [before, document.body, null].includes(document.activeElement);
}
