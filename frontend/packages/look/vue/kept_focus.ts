/** Whose focus it is: what comes late takes it from nobody who went on meanwhile. */

/** To be called at a press; what it gives says whether the focus is still there, or nowhere. */
export function focusNow(): () => boolean {
  const { activeElement: before } = document;
  return () => [before, document.body, null].includes(document.activeElement);
}
