// A business system with openid-client that checks ID tokens by the published keys, and keeps running while they change. It
// reads a line before each login, as the provider is away while it restarts with other keys. For each address that it
// writes it reads the one that the browser came back to, and writes whose key signed.
import { createInterface } from "node:readline/promises";
import { stdin, stdout } from "node:process";

import * as oidc from "openid-client";

const [issuer, id, secret, redirectUri] = process.argv.slice(2);
const asked = createInterface({ input: stdin })[Symbol.asyncIterator]();
const MINUTE = 60_000; // openid-client fetches the keys at most once in that time
const clock = Date.now;
let later = 0;
Date.now = () => clock() + later;

const provider = await oidc.discovery(new URL(issuer), id, secret, oidc.ClientSecretBasic(secret), {
  execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks], // http on this machine
});
while (!(await asked.next()).done) {
  const verifier = oidc.randomPKCECodeVerifier();
  const expected = {
    expectedNonce: oidc.randomNonce(),
    expectedState: oidc.randomState(),
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  };
  const address = await oidc.buildAuthorizationUrlWithPAR(provider, {
    redirect_uri: redirectUri,
    scope: "openid profile",
    state: expected.expectedState,
    nonce: expected.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  stdout.write(JSON.stringify({ address: address.href }) + "\n");
  const back = new URL(JSON.parse((await asked.next()).value).address);
  const tokens = await oidc.authorizationCodeGrant(provider, back, expected);
  const { kid } = JSON.parse(Buffer.from(tokens.id_token.split(".")[0], "base64url"));
  stdout.write(JSON.stringify({ kid, name: tokens.claims().name }) + "\n");
  later += MINUTE;
}
