/** `/mshield.js`: defines the two elements, once. */

import { MshieldLogin, MshieldSign } from "./element.ts";

if (!customElements.get("mshield-login")) customElements.define("mshield-login", MshieldLogin);
if (!customElements.get("mshield-sign")) customElements.define("mshield-sign", MshieldSign);
