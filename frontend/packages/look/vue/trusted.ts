/**
 * The addresses of scripts that this app starts itself, under Trusted Types: workers of its own build and no others.
 */

/** `address` as browsers with Trusted Types want it; throws where it is not one of this app's own files. */
function own(address: string): string {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin || !url.pathname.startsWith(import.meta.env.BASE_URL)) {
    throw new TypeError("not a script of this app");
  }
  return url.href;
}

interface Policy {
  createScriptURL(address: string): unknown;
}

interface Factory {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): Policy;
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy = factory?.createPolicy("mshield", { createScriptURL: own });

/** The address of a script of this app. */
export function scriptAddress(address: string): string {
  return policy ? (policy.createScriptURL(address) as string) : own(address);
}
