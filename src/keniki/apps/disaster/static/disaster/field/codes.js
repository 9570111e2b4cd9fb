/* The numbers of cards, sheets and residents' own codes: the same as keniki.analysis.reception. */

import { sha256 } from "../merging.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRTUVWXY";
const MISREAD = { O: "0", I: "1", L: "1", S: "5", Z: "2" };
const MODES = { R: "real", T: "exercise" };

/** The check character of a text. */
export function check(text) {
  const sum = [...text].reduce((total, character, i) => total + (i + 1) * ALPHABET.indexOf(character), 0);
  return ALPHABET[sum % ALPHABET.length];
}

/** An identifier made from a text, the same on every device. */
export function uuidOf(text) {
  const hex = sha256(text).slice(0, 32);
  const bytes = hex.match(/../g).map((pair) => parseInt(pair, 16));
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const made = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [made.slice(0, 8), made.slice(8, 12), made.slice(12, 16), made.slice(16, 20), made.slice(20)].join("-");
}

/** As it is printed: R-ABCDE-FGHJK-X. */
export function printed(token) {
  return token.length === 12 ? `${token[0]}-${token.slice(1, 6)}-${token.slice(6, 11)}-${token[11]}` : `${token[0]}-${token.slice(1, 8)}-${token[8]}`;
}

export class WrongCode extends Error {}

/** What was scanned or typed: {kind: "card"|"line"|"home", …}; `WrongCode` says what is wrong with it. `mode` is the incident's. */
export function read(text, mode) {
  const whole = text.trim();
  if (whole.startsWith("KENIKI:H:")) return { kind: "home", ...home(whole.slice("KENIKI:H:".length)) };
  const plain = tidy(whole.replace(/^KENIKI:[CL]:/i, ""));
  const [token, line, rest] = plain.split(".");
  const known = (token.length === 12 || token.length === 9) && token[0] in MODES && [...token].every((each) => ALPHABET.includes(each));
  if (!known || rest !== undefined) throw new WrongCode("受付カードや受付簿の番号ではありません。番号を確かめてください。");
  if (check(token.slice(0, -1)) !== token.at(-1)) throw new WrongCode("番号に誤りがあります。カードの番号をもう一度確かめてください。");
  if (MODES[token[0]] !== mode) {
    throw new WrongCode(mode === "real" ? "訓練用のカードです。実災害の受付には使えません。" : "実災害用のカードです。訓練の受付には使えません。");
  }
  if (token.length === 12 && line === undefined) return { kind: "card", token };
  if (token.length === 9 && line === undefined) return { kind: "sheet", token };
  if (token.length === 9 && /^(0[1-9]|[1-9]\d)$/.test(line)) return { kind: "line", token, line, number: `${token}.${line}` };
  throw new WrongCode("受付簿の行の番号は01から99までです。");
}

function tidy(text) {
  const half = text.normalize("NFKC").toUpperCase().replace(/[\s-]/g, "");
  return [...half].map((character) => MISREAD[character] ?? character).join("");
}

function home(text) {
  let said;
  try {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (each) => each.charCodeAt(0))));
  } catch {
    throw new WrongCode("事前登録のQRコードを読み取れません。印刷や画面が欠けていないか確かめてください。");
  }
  if (said?.v !== 1 || !/^[0-9a-f]{16}$/.test(said.i ?? "") || !Array.isArray(said.m) || !said.m.length || said.m.length > 12) {
    throw new WrongCode("この事前登録のQRコードは使えません。手書きの受付で入力してください。");
  }
  return { home: said };
}

/** The person a card stands for in an incident. */
export const personOfCard = (incident, token) => `person:${uuidOf(`keniki-card\n${incident}\n${token}`)}`;
/** The person of a line of a paper sheet. */
export const personOfLine = (incident, number) => `person:${uuidOf(`keniki-line\n${incident}\n${number}`)}`;
/** A person of a resident's own code, counted from 0. */
export const personOfHome = (incident, ident, index) => `person:${uuidOf(`keniki-home\n${incident}\n${ident}\n${index}`)}`;
/** The household of a resident's own code. */
export const householdOfHome = (incident, ident) => `household:${uuidOf(`keniki-home\n${incident}\n${ident}`)}`;
