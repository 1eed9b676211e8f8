/** Waits for the legal person's act: asks the service now and then how this phone's certificate stands. */

import { useDocumentVisibility, useIntervalFn } from "@vueuse/core";
import { computed, type ComputedRef, onMounted, readonly, type Ref, ref } from "vue";

import { hasEnded, phone, readStatus, refresh, state } from "../../engine/phone.ts";
import { shield } from "../../engine/shield.ts";
import { storedCertificate } from "../../engine/stored_certificate.ts";

const EVERY_MS = 15_000;

export interface OwnShield {
  readonly number: string;
  readonly organisation: string;
  readonly name: string;
}

export interface Revocation {
  /** This phone's shield; null where it has none. */
  readonly own: ComputedRef<OwnShield | null>;
  readonly isRevoked: ComputedRef<boolean>;
  /** The service is asked: what changes shows here. */
  readonly isWatching: ComputedRef<boolean>;
  /** Whether the legal person was asked here to revoke it, and has not answered yet. */
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

  /** The guide can be read without an answer: the bar says that there is no network, and a login ends quietly. */
  async function quietly(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (!hasEnded(error) && !phone.isOffline) {
        console.error(error);
      }
    }
  }

  onMounted(quietly);
  useIntervalFn(quietly, EVERY_MS);
  return { own, isRevoked, isWatching, isAsked: readonly(isAsked) };
}
