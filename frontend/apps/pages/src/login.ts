/** The service's own login page: goes on once the phone has signed. Addresses come as data attributes. */

const page = document.querySelector<HTMLElement>("[data-resume]");

function go(address: string | undefined): void {
  if (!address) return;
  const url = new URL(address, location.href);
  if (url.protocol === "https:" || url.protocol === "http:") location.replace(url);
}

page?.addEventListener("mshield-signed", () => go(page.dataset["resume"]));
// Declined, the login is over for the business system too: there is no other code, only the way back.
page?.addEventListener("mshield-declined", () => page.querySelector('[slot="again"]')?.remove());
