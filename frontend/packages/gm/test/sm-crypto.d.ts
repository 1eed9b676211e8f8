/** The part of sm-crypto that the tests use; the package has no types. */
declare module "sm-crypto" {
  export const sm2: {
    doVerifySignature(
      message: readonly number[],
      signatureHex: string,
      publicKeyHex: string,
      options: { hash: boolean; der: boolean; userId: string },
    ): boolean;
  };
}
