/** Tab stays within an open dialog. Element Plus lets it out at the edges of one that was opened by a mouse. */

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
  if (at === dialog && !event.shiftKey) return; // the browser goes to its first one
  event.preventDefault();
  event.stopPropagation();
  next.focus();
}

/** For all dialogs of an application. */
export function keepTabInDialogs(): void {
  document.addEventListener("keydown", keep, true);
}
