// A business system with openid-client, by a pushed request with PKCE. Lines on standard output and input are JSON:
// it writes the address to go to, reads the one that the browser came back to, and writes what it learnt.
import { createInterface } from "node:readline/promises";
import { stdin, stdout } from "node:process";

import * as oidc from "openid-client";

const [issuer, id, secret, redirectUri, logoutUri] = process.argv.slice(2);
const lines = createInterface({ input: stdin });

const provider = await oidc.discovery(new URL(issuer), id, secret, oidc.ClientSecretBasic(secret), {
  execute: [oidc.allowInsecureRequests], // http on this machine
});
const verifier = oidc.randomPKCECodeVerifier();
const expected = {
  expectedNonce: oidc.randomNonce(),
  expectedState: oidc.randomState(),
  pkceCodeVerifier: verifier,
  maxAge: 60,
  idTokenExpected: true,
};
const address = await oidc.buildAuthorizationUrlWithPAR(provider, {
  redirect_uri: redirectUri,
  scope: "openid profile mshield",
  state: expected.expectedState,
  nonce: expected.expectedNonce,
  max_age: "60",
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
stdout.write(JSON.stringify({ address: address.href }) + "\n");

const back = new URL(JSON.parse((await lines[Symbol.asyncIterator]().next()).value).address);
const tokens = await oidc.authorizationCodeGrant(provider, back, expected);
const claims = tokens.claims();
const user = await oidc.fetchUserInfo(provider, tokens.access_token, claims.sub);
let again = null;
try {
  await oidc.authorizationCodeGrant(provider, back, expected);
} catch (error) {
  again = error.error;
}
const logout = oidc.buildEndSessionUrl(provider, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: logoutUri,
});
stdout.write(JSON.stringify({ claims, user, again, logout: logout.href }) + "\n");
lines.close();
