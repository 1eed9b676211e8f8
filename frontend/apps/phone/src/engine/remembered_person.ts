/**
 * The ID number typed at registration, for the certificate application that follows. It is only in this
 * page's memory, until it is used or the app locks or logs out.
 */

let idNumber: string | null = null;

export function rememberIdNumber(typed: string): void {
  idNumber = typed;
}

export function rememberedIdNumber(): string {
  return idNumber ?? "";
}

export function forgetIdNumber(): void {
  idNumber = null;
}
