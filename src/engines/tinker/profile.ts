/**
 * What is known of servers, as data. A run trains on whatever the probe finds; a profile that is named
 * is a promise that the probe must find kept.
 *
 * @module
 */

import type { Wire } from "./messages.ts";
import type { Reducing } from "./reduction.ts";

/** What is known of a server. */
export interface Profile extends Reducing {
  readonly wire: Wire;
  /** Whether `grad_clip_norm` is honoured. */
  readonly clipsGradients: boolean;
  readonly source: string;
}

/** Servers by name, each with where its behaviour was read or measured. */
export const PROFILES = {
  "skyrl-jax": {
    wire: "protobuf",
    reduction: "sequence-mean",
    accumulation: "joint",
    clipsGradients: false,
    source: "measured by the probe on skyrl 0.4.0; skyrl/backends/jax.py",
  },
  "hatchery": {
    wire: "json",
    reduction: "token-mean",
    accumulation: "added",
    clipsGradients: false,
    source: "read: hatchery-core 0.3.0, hatchery/core/losses.py; not run",
  },
  "open-rl": {
    wire: "json",
    reduction: "sum",
    accumulation: "added",
    clipsGradients: false,
    source:
      "read: gke-labs/open-rl, src/server/trainer.py; it has no forward pass, so it is refused",
  },
  "hosted": {
    wire: "protobuf",
    reduction: "sum",
    accumulation: "added",
    clipsGradients: true,
    source: "read: the tinker SDK 0.25; not run",
  },
} as const satisfies Record<string, Profile>;

/** Names of {@linkcode PROFILES}. */
export type ProfileName = keyof typeof PROFILES;

/** Names of {@linkcode PROFILES}, in their order. */
export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];
