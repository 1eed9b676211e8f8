/** Addresses of scripts that this app starts, under Trusted Types: only workers of its own build. */

/** Returns `address` as Trusted Types require it. Throws unless it is one of this app's own files. */
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

/** Returns the address of a script of this app. */
export function scriptAddress(address: string): string {
  return policy ? (policy.createScriptURL(address) as string) : own(address);
}
