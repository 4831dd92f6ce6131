// Has an act signed by a passkey, in the press that asked for it.

import { Refusal } from "./client.js";

const UNSIGNED = {
  NotAllowedError: "The passkey was not used: the prompt was cancelled, or nobody answered it.",
  SecurityError: "The browser uses no passkeys at this address.",
  InvalidStateError: "This device or key has no passkey of yours.",
};

/** Whether this browser knows passkeys. */
export const able = () => typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

/** Gives the signed answer as JSON; null where `signal` called it off. */
export async function sign(options, signal) {
  if (!able()) throw new Refusal("This browser can't use passkeys. Use a newer one.");
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey, signal });
    return credential.toJSON();
  } catch (error) {
    if (signal.aborted) return null;
    throw new Refusal(UNSIGNED[error.name] ?? "The passkey could not be used.");
  }
}
