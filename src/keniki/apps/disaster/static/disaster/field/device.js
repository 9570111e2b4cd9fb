/* The device itself: how sending stands, what was refused, carrying the records on a USB stick, wiping. */

import { makeBundle } from "../bundles.js";
import { button, clock, field, h, moment, show } from "./dom.js";

const MEGABYTE = 1_000_000;
const SKEWED = 60_000;

/** The view; `app` has journal, sync, store, setup, about and label/words. */
export function deviceView(app) {
  const { journal, sync, setup } = app;
  const said = h("p", { role: "status" });
  const refused = [...journal.refused.values()];
  return [
    h("section", { class: "section", "aria-labelledby": "sending" }, h("h2", { id: "sending" }, "送信"),
      h("dl", { class: "definitions" }, row("端末", `${setup.name}（${setup.device}）`), row("状態", sync.words), row("未送信", `${journal.waiting.size}件`),
        row("最後に送った時刻", sync.lastSent ? clock(sync.lastSent) : "まだ送っていません"), row("最後に受け取った時刻", sync.lastHeard ? clock(sync.lastHeard) : "まだ受け取っていません"),
        row("端末の時計", clockWords(sync)), storage()),
      h("p", { class: "buttons" }, button("今すぐ送る", () => sync.kick(), "is-secondary"),
        sync.state === "login" ? h("a", { class: "button", href: app.about.login, target: "_blank", rel: "noopener" }, "ログインする（別の画面）") : null)),
    h("section", { class: "section", "aria-labelledby": "carrying" }, h("h2", { id: "carrying" }, "USBメモリーで運ぶ"),
      h("p", {}, "通信できないときは、記録をファイルに書き出し、通信できる場所の職員に渡します。中身は暗号化されていて、このシステムだけが読めます。同じ記録が二度届いても、二重にはなりません。"), said,
      h("p", { class: "buttons" }, button("未送信の記録を書き出す", () => carry(app, journal.unsent(), said)), button("この端末の記録を全部書き出す", () => carry(app, journal.own(), said), "is-secondary"))),
    h("section", { class: "section", "aria-labelledby": "refused" }, h("h2", { id: "refused" }, "受け取られなかった記録"),
      refused.length ? h("ul", { class: "rows" }, refused.map(({ event, reason }) => h("li", {}, `${clock(event.at)} ${reason}`))) : h("p", {}, "ありません。")),
    wiping(app),
  ];
}

/** How the clock of the device stands to the server's, as far as that is known. */
function clockWords(sync) {
  if (sync.state !== "ok") return "つながると、サーバーの時刻と比べます";
  if (Math.abs(sync.skew) < SKEWED) return "サーバーと合っています";
  return `サーバーより${Math.round(Math.abs(sync.skew) / SKEWED)}分${sync.skew > 0 ? "進んで" : "遅れて"}います。端末の時刻を直してください`;
}

/** What the browser grants: room, and whether it may clear the records by itself. */
function storage() {
  const words = h("dd", {}, "確かめています");
  const ask = async () => {
    if (navigator.storage?.estimate === undefined) {
      words.textContent = "このブラウザーでは分かりません";
      return;
    }
    const { usage, quota } = await navigator.storage.estimate();
    const lasting = await navigator.storage.persisted?.();
    const room = `${Math.ceil(usage / MEGABYTE).toLocaleString("ja")}MB使用、残り約${Math.floor((quota - usage) / MEGABYTE).toLocaleString("ja")}MB。`;
    words.textContent = room + (lasting ? "ブラウザーが勝手に消すことはありません。" : "端末の空きがなくなると、ブラウザーが記録を消すことがあります。この画面を端末に追加（インストール）し、空きを確かめてください。");
  };
  ask();
  return h("div", {}, h("dt", {}, "保存場所"), words);
}

function row(term, words) {
  return h("div", {}, h("dt", {}, term), h("dd", {}, words));
}

async function carry(app, events, said) {
  if (!events.length) {
    show(said, "書き出す記録がありません。");
    return;
  }
  const { about, setup, store } = app;
  const serial = await store.next("serial");
  const header = { region: about.region, incident: about.incident, mode: about.mode, device: setup.device, serial, madeAt: moment() };
  const made = await makeBundle(events, header, setup.privateKey, setup.data.server_key);
  const url = URL.createObjectURL(new Blob([made.text], { type: "application/json" }));
  const link = h("a", { href: url, download: made.name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  show(said, `${events.length}件を書き出しました（${made.name}）。`);
}

/** Wipe the device; what was not sent has to be carried away first, or given up in words. */
function wiping(app) {
  const waiting = app.journal.waiting.size;
  const words = field(`消してよければ「消去」と入力してください${waiting ? `（未送信${waiting}件も消えます）` : ""}`, { autocomplete: "off" });
  return h("details", { class: "section" }, h("summary", {}, "この端末の記録を消す"), h("form", {
    submit: async (event) => {
      event.preventDefault();
      if (words.input.value.trim() !== "消去") return;
      await app.store.destroy();
      location.reload();
    },
  }, h("p", {}, "事案が終わったとき、端末を返すときに使います。サーバーに届いた記録は消えません。"), words.node, h("button", { type: "submit", class: "button is-danger is-secondary" }, "端末の記録を消す")));
}
