"""The app by keyboard: what Tab reaches, whether the focus is visible, where a sheet keeps the focus."""

from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

_TO_REACH: Final = """within => {
  document.querySelectorAll("[data-tab]").forEach((each) => each.removeAttribute("data-tab"));
  const part = document.querySelector(within);
  const all = part.querySelectorAll("a[href], button, input, select, summary, textarea, [tabindex]");
  const reachable = [...all].filter((each) => {
    if (each.tabIndex < 0 || each.disabled || !each.checkVisibility({ visibilityProperty: true })) return false;
    if (each.closest("[inert]")) return false;
    // Of radio buttons Tab reaches the chosen one; arrows lead to the others.
    return each.type !== "radio" || each.checked;
  });
  reachable.forEach((each, i) => each.setAttribute("data-tab", i));
  return reachable.map((each) => each.outerHTML.slice(0, 140));
}"""
_LOOK: Final = """focused => {
  // Where the focus may show: the element, what it stands in, what it holds.
  const around = [focused, ...focused.children];
  for (let outer = focused.parentElement, i = 0; outer && i < 3; outer = outer.parentElement, i++) around.push(outer);
  const look = (each) => {
    const { outlineColor, outline, backgroundImage } = getComputedStyle(each);
    const { boxShadow, borderColor, backgroundColor, textDecoration } = getComputedStyle(each);
    const line = outlineColor === "rgba(0, 0, 0, 0)" ? "" : outline;
    return [line, boxShadow, borderColor, backgroundColor, backgroundImage, textDecoration].join();
  };
  const next = focused.nextElementSibling;
  if (next) around.push(next);
  return around.filter(Boolean).map(look).join();
}"""
_STEP: Final = f"""() => {{
  const focused = document.activeElement;
  const at = focused?.getAttribute("data-tab");
  if (at === null || at === undefined) return null;
  const {{ top, bottom }} = focused.getBoundingClientRect();
  const onScreen = bottom > 0 && top < innerHeight;
  // Of a date Tab reaches day, month and year, which the browser marks itself: without the focus it would begin again.
  if (focused.type === "date") return {{ at: Number(at), seen: true, onScreen }};
  const look = {_LOOK};
  const now = look(focused);
  focused.blur();
  const before = look(focused);
  focused.focus({{ focusVisible: true, preventScroll: true }});
  return {{ at: Number(at), seen: now !== before, onScreen }};
}}"""
_INSIDE: Final = "() => !!document.activeElement?.closest('dialog')"


def walk(page: Page, within: str = "body") -> list[str]:
    """Walks by Tab from the start of the page, or of a part that may have the focus.

    Returns the elements that were not reached, not shown as focused, or out of sight.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    names: list[str] = page.evaluate(_TO_REACH, within)
    found: dict[int, dict[str, Any]] = {}
    page.evaluate("() => { document.activeElement?.blur(); getSelection()?.removeAllRanges(); }")
    if within != "body":
        page.locator(within).focus()
    for _ in range(2 * len(names) + 8):
        page.keyboard.press("Tab")
        step = page.evaluate(_STEP)
        if step is not None:
            found[step["at"]] = step
        if len(found) == len(names):
            break
    faults = []
    for at, name in enumerate(names):
        step = found.get(at)
        if step is None:
            faults.append(f"not reached: {name}")
        elif not step["seen"]:
            faults.append(f"focus not to be seen: {name}")
        elif not step["onScreen"]:
            faults.append(f"out of sight: {name}")
    return faults


def keeps(page: Page, steps: int = 20) -> bool:
    """Reports whether Tab stays within the open sheet, forwards and back, or on the browser's own controls."""
    for key in ["Tab"] * steps + ["Shift+Tab"] * steps:
        page.keyboard.press(key)
        if not page.evaluate(_INSIDE) and not page.evaluate("document.activeElement === document.body"):
            return False
    return True


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Tabs from the current focus to the target, then presses the key."""
    expect(target).to_be_attached()
    for _ in range(80):
        if target.evaluate("each => each === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab doesn't reach {target}")
