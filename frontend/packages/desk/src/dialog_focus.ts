/**
 * Keyboard focus: Tab stays inside an open dialog, and the page keeps the focus when the focused element
 * disappears.
 *
 * Element Plus lets Tab leave a dialog that a mouse opened. It returns the focus to the opener, which an act
 * often removes, such as the buttons of a decided question; from the body, Tab would start at the very top.
 */

const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]";

function stopsOf(dialog: HTMLElement): HTMLElement[] {
  return [...dialog.querySelectorAll<HTMLElement>(STOPS)].filter(
    (stop) =>
      stop.tabIndex >= 0 && !stop.matches(":disabled") && stop.checkVisibility({ visibilityProperty: true }),
  );
}

function keep(event: KeyboardEvent): void {
  if (event.key !== "Tab" || event.altKey || event.ctrlKey || event.metaKey) return;
  const dialog = [...document.querySelectorAll<HTMLElement>('[role="dialog"][aria-modal="true"]')].findLast(
    (shown) => shown.checkVisibility(),
  );
  if (!dialog) return;
  const stops = stopsOf(dialog);
  const [edge, next] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  const at = document.activeElement;
  if (!next || (at !== edge && at !== dialog && dialog.contains(at))) return;
  if (at === dialog && !event.shiftKey) return; // the browser moves to the first element
  event.preventDefault();
  event.stopPropagation();
  next.focus();
}

function keepOnPage(): void {
  let last: Node | null = null;
  document.addEventListener("focusin", ({ target }) => (last = target as Node));
  new MutationObserver(() => {
    if (last === null || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    document.querySelector("main")?.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}

/** Installs this for a whole application. */
export function keepFocus(): void {
  document.addEventListener("keydown", keep, true);
  keepOnPage();
}
