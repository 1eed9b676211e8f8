/** Waiting for the legal person to revoke this phone's certificate, by polling its state. */

import { useDocumentVisibility, useIntervalFn } from "@vueuse/core";
import { computed, type ComputedRef, onMounted, readonly, type Ref, ref } from "vue";

import { isLoginOver, phone, readStatus, refresh, state } from "../../engine/phone.ts";
import { shield } from "../../engine/shield.ts";
import { storedCertificate } from "../../engine/stored_certificate.ts";

const EVERY_MS = 15_000;

export interface OwnShield {
  readonly number: string;
  readonly organisation: string;
  readonly name: string;
}

export interface Revocation {
  /** This phone's shield; null if the phone has none. */
  readonly own: ComputedRef<OwnShield | null>;
  readonly isRevoked: ComputedRef<boolean>;
  /** True if the service is being polled, so that changes appear here. */
  readonly isWatching: ComputedRef<boolean>;
  /** True if the legal person was asked here to revoke it and hasn't answered yet. */
  readonly isAsked: Readonly<Ref<boolean>>;
}

export function useRevocation(): Revocation {
  const visibility = useDocumentVisibility();
  const own = computed(() => {
    const certificate = phone.me?.certificate ?? storedCertificate(phone.status);
    return (
      certificate && {
        number: certificate.shieldNumber,
        organisation: certificate.subject.organisation,
        name: certificate.subject.commonName,
      }
    );
  });
  const isRevoked = computed(() => state.value === "revoked");
  const isWatching = computed(
    () => own.value !== null && phone.status?.isLoggedIn === true && !phone.isOffline && !isRevoked.value,
  );

  const isAsked = ref(false);

  async function look(): Promise<void> {
    const status = await readStatus();
    if (status.isLoggedIn && visibility.value === "visible" && !isRevoked.value) {
      await refresh();
      const asks = own.value === null ? [] : await shield.asks();
      isAsked.value = asks.some(
        ({ kind, state: stands, shieldNumber }) =>
          kind === "revoke" && stands === "waiting" && shieldNumber === own.value?.number,
      );
    }
  }

  /**
   * Polls without reporting network errors or the end of the login: the guide is readable without an answer,
   * and the bar shows that there is no network.
   */
  async function refreshQuietly(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (!isLoginOver(error) && !phone.isOffline) {
        console.error(error);
      }
    }
  }

  onMounted(refreshQuietly);
  useIntervalFn(refreshQuietly, EVERY_MS);
  return { own, isRevoked, isWatching, isAsked: readonly(isAsked) };
}
