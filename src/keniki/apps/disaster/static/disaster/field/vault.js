/* What stands in the browser's database about persons is encrypted; the key opens with the PIN (暗証番号) of the device.

   A random key (AES-256-GCM) encrypts. It is stored wrapped by a key made of the PIN (PBKDF2, SHA-256); unwrapped it stays in
   memory and no script can read it out. Wrong PINs make one wait, longer each time. */

const ROUNDS = 600_000;
const FREE = 5;
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 3_600_000;
export const SHORTEST = 6;

export class WrongPin extends Error {}

/** Whether a PIN was set on this device. */
export async function hasVault(store) {
  return (await store.get("meta", "vault")) !== undefined;
}

/** Set the PIN of this device and make its key. */
export async function createVault(store, pin) {
  if ([...pin].length < SHORTEST) throw new WrongPin(`暗証番号は${SHORTEST}文字以上にしてください。`);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  const wrapped = await crypto.subtle.wrapKey("raw", key, await wrapping(pin, salt, ROUNDS), { name: "AES-GCM", iv });
  await store.put("meta", { salt, iv, wrapped: new Uint8Array(wrapped), rounds: ROUNDS, tries: 0, until: 0 }, "vault");
  return openVault(store, pin);
}

/** Open the vault; `WrongPin` says what to do when the PIN is wrong or one has to wait. */
export async function openVault(store, pin) {
  const kept = await store.get("meta", "vault");
  const wait = kept.until - Date.now();
  if (wait > 0 && wait <= LONGEST_WAIT) throw new WrongPin(`あと${Math.ceil(wait / 1000)}秒待ってから、もう一度入力してください。`);
  let key;
  try {
    key = await crypto.subtle.unwrapKey("raw", kept.wrapped, await wrapping(pin, kept.salt, kept.rounds), { name: "AES-GCM", iv: kept.iv },
      { name: "AES-GCM" }, false, ["encrypt", "decrypt"]);
  } catch {
    const tries = kept.tries + 1;
    const delay = tries < FREE ? 0 : Math.min(FIRST_WAIT * 2 ** (tries - FREE), LONGEST_WAIT);
    await store.put("meta", { ...kept, tries, until: delay ? Date.now() + delay : 0 }, "vault");
    throw new WrongPin(delay ? `暗証番号が違います。${Math.ceil(delay / 1000)}秒待ってから、もう一度入力してください。` : "暗証番号が違います。もう一度入力してください。");
  }
  if (kept.tries) await store.put("meta", { ...kept, tries: 0, until: 0 }, "vault");
  return new Vault(key);
}

async function wrapping(pin, salt, rounds) {
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, base,
    { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

export class Vault {
  #key;

  constructor(key) {
    this.#key = key;
  }

  async sealBytes(bytes) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.#key, bytes)) };
  }

  async unsealBytes(box) {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: box.iv }, this.#key, box.data));
  }

  /** Any JSON value, encrypted. */
  seal(value) {
    return this.sealBytes(new TextEncoder().encode(JSON.stringify(value)));
  }

  async unseal(box) {
    return JSON.parse(new TextDecoder().decode(await this.unsealBytes(box)));
  }
}
