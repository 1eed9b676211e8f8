/**
 * The service's own login page: continues once the phone has given a final answer. Addresses come as data
 * attributes.
 *
 * A user who declined may get another code. A user who reported not having started this has ended the login
 * for the business system too: the page says so and returns there by itself, where an honest user can start
 * again.
 */

const STAY_MS = 20_000; // WCAG 2.2.1: enough time to read this, and to choose to stay
const page = document.querySelector<HTMLElement>("[data-resume]");

function go(address: string | undefined): void {
  if (!address) return;
  const url = new URL(address, location.href);
  if (url.protocol === "https:" || url.protocol === "http:") location.replace(url);
}

function leave(address: string | undefined): void {
  const note = document.querySelector<HTMLElement>(".leaving p");
  const timer = setTimeout(() => go(address), STAY_MS);
  if (!note) return;
  note.hidden = false;
  note.querySelector("button")?.addEventListener("click", () => {
    clearTimeout(timer);
    note.hidden = true;
    document.querySelector<HTMLElement>(".ways a:last-child")?.focus();
  });
}

page?.addEventListener("mshield-signed", () => go(page.dataset["resume"]));
page?.addEventListener("mshield-declined", (event) => {
  if ((event as CustomEvent<{ reason: string | null }>).detail.reason !== "not_me") return;
  page.querySelector('[slot="again"]')?.remove();
  leave(page.dataset["leave"]);
});
