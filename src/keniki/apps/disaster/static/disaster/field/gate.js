/* The door of a page that works without network: the PIN is set once, asked for when the page opens, and again when nobody touched
   the page for a while. What is being sent goes on meanwhile. */

import { button, field, h, show } from "./dom.js";
import { SHORTEST, WrongPin, createVault, hasVault, openVault } from "./vault.js";

const IDLE = 10 * 60_000;

/** Ask for the PIN in `place` (or have one set) until it is right: the vault. */
export async function openGate(place, store) {
  const known = await hasVault(store);
  return new Promise((resolve) => show(place, known ? asking(store, resolve) : setting(store, resolve)));
}

function asking(store, done) {
  const pin = field("暗証番号", { type: "password", autocomplete: "off", required: true }, "この端末を準備したときに決めた番号です。");
  return form("端末の記録を開く", "開く", [pin], async () => done(await openVault(store, pin.input.value)));
}

function setting(store, done) {
  const note = `${SHORTEST}文字以上。避難所の職員で共有します。忘れると、この端末の記録は開けません。`;
  const pin = field("暗証番号", { type: "password", autocomplete: "new-password", required: true }, note);
  const again = field("暗証番号（もう一度）", { type: "password", autocomplete: "new-password", required: true });
  return form("この端末の暗証番号を決める", "決める", [pin, again], async () => {
    if (pin.input.value !== again.input.value) throw new WrongPin("2回の暗証番号が同じではありません。もう一度入力してください。");
    done(await createVault(store, pin.input.value));
  });
}

function form(title, press, fields, work) {
  const wrong = h("p", { class: "field-error-text", role: "alert" });
  const send = h("button", { type: "submit", class: "button" }, press);
  const made = h("form", {
    class: "section field-gate",
    submit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      wrong.textContent = "";
      try {
        await work();
      } catch (error) {
        if (!(error instanceof WrongPin)) throw error;
        wrong.textContent = error.message;
        fields[0].input.value = "";
        fields[0].input.focus();
      } finally {
        send.disabled = false;
      }
    },
  }, h("h2", {}, title), wrong, fields.map((each) => each.node), h("p", {}, send));
  queueMicrotask(() => fields[0].input.focus());
  return made;
}

/** Lock `content` when nobody touched the page for a while, and at once by the button that is returned. */
export function lockWhenIdle(content, place, store) {
  let timer;
  let locked = false;
  const lock = async () => {
    if (locked) return;
    locked = true;
    content.hidden = true;
    await openGate(place, store);
    show(place);
    content.hidden = false;
    locked = false;
    touched();
  };
  const touched = () => {
    clearTimeout(timer);
    timer = setTimeout(lock, IDLE);
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touched, { passive: true });
  touched();
  return button("画面をロック", lock, "is-quiet");
}
