/** The page /download: facts that the User-Agent lacks, and the browser's own offer to install. */

interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

const button = document.querySelector<HTMLButtonElement>("[data-install]");
/** The latest offer, which can be used once. */
let offer: InstallOffer | null = null;
const installed = document.querySelector<HTMLElement>("[data-installed]");

/** Detects an iPad, which identifies itself as a Mac; Macs have no touch screen. */
function isIpad(): boolean {
  return navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 0;
}

function say(): void {
  if (button) button.hidden = true;
  if (installed) installed.textContent = installed.dataset["text"] ?? "";
}

const here = new URL(location.href);
if (isIpad() && !here.searchParams.has("on")) {
  here.searchParams.set("on", "ios");
  location.replace(here);
}

addEventListener("beforeinstallprompt", (event) => {
  if (!button) return;
  event.preventDefault();
  button.hidden = false;
  offer = event as InstallOffer;
});
button?.addEventListener("click", () => {
  void offer?.prompt();
  offer = null;
});
addEventListener("appinstalled", say);
if (matchMedia("(display-mode: standalone)").matches) say();
