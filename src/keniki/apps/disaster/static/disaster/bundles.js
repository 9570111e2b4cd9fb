/* A device's events as a signed, encrypted file for a USB stick: the format of keniki.analysis.merging.bundles.
   Needs WebCrypto, which a browser gives to pages of HTTPS and of this machine only. */

import { canonical, newId } from "./merging.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const AGREE = { name: "ECDH", namedCurve: "P-256" };
const MARK = new TextEncoder().encode("keniki-bundle-1");
const MODES = { real: "実災害", exercise: "訓練" };

/** Whether this page can make bundles at all. */
export function canBundle() {
  return globalThis.isSecureContext === true && globalThis.crypto?.subtle !== undefined;
}

/** A new key of this device: `privateKey` can be stored in IndexedDB and read out by nobody, `publicKey` is for the register. */
export async function newDeviceKey() {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign"]);
  return { privateKey: pair.privateKey, publicKey: text(await raw(pair.publicKey)) };
}

/** The short name of a public key. */
export async function keyId(publicKey) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(publicKey)));
  return [...hash.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bundle as text, and a name for its file. `about` is {region, incident, mode, device, serial, madeAt}. */
export async function makeBundle(events, about, privateKey, serverKey) {
  if (!events.length) throw new RangeError("送るできごとがありません。");
  for (const event of events) {
    if (event.incident !== about.incident || event.mode !== about.mode || event.device !== about.device) {
      throw new RangeError("この端末・この事案で記録したできごとではありません。");
    }
  }
  const { packed, packing } = await pack(new TextEncoder().encode(canonical({ events })));
  const seqs = events.map((event) => event.seq);
  const header = canonical({
    region: about.region,
    incident: about.incident,
    mode: about.mode,
    device: about.device,
    serial: about.serial,
    bundle: newId(),
    made_at: about.madeAt,
    count: events.length,
    first_seq: seqs.reduce((a, b) => Math.min(a, b)),
    last_seq: seqs.reduce((a, b) => Math.max(a, b)),
    server_key: await keyId(serverKey),
    packing,
    size: packed.length + 16,
  });
  const headerBytes = new TextEncoder().encode(header);
  const headerHash = new Uint8Array(await crypto.subtle.digest("SHA-256", headerBytes));
  const own = await crypto.subtle.generateKey(AGREE, false, ["deriveBits"]);
  const ownPoint = await raw(own.publicKey);
  const server = await crypto.subtle.importKey("raw", bytes(serverKey), AGREE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: server }, own.privateKey, 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
  const info = join(MARK, ownPoint, bytes(serverKey));
  const derived = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: headerHash, info }, base, 352);
  const key = await crypto.subtle.importKey("raw", derived.slice(0, 32), "AES-GCM", false, ["encrypt"]);
  const cipher = { name: "AES-GCM", iv: derived.slice(32), additionalData: headerBytes };
  const content = new Uint8Array(await crypto.subtle.encrypt(cipher, key, packed));
  const signed = join(MARK, headerHash, ownPoint, content);
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, signed));
  const written = {
    format: "keniki-bundle", version: 1, header, key: text(ownPoint), content: text(content), signature: text(signature),
  };
  const serial = String(about.serial).padStart(3, "0");
  const name = `${MODES[about.mode]}_${about.region}_${about.device}_${serial}.keniki`;
  return { text: JSON.stringify(written, null, 0), name };
}

async function pack(content) {
  if (globalThis.CompressionStream === undefined) return { packed: content, packing: "none" };
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
  return { packed: new Uint8Array(await new Response(stream).arrayBuffer()), packing: "gzip" };
}

async function raw(key) {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}

function text(data) {
  let binary = "";
  for (let start = 0; start < data.length; start += 0x8000) {
    binary += String.fromCharCode(...data.subarray(start, start + 0x8000));
  }
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function bytes(written) {
  const binary = atob(written.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
