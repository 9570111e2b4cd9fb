/* The reception page of a shelter (避難所受付): prepared once with network, then used with or without. */

import { canBundle, newDeviceKey } from "../bundles.js";
import { deskView } from "./desk.js";
import { deviceView } from "./device.js";
import { button, field, h, show } from "./dom.js";
import { lockWhenIdle, openGate } from "./gate.js";
import { Journal } from "./journal.js";
import { listView } from "./list.js";
import { countWords, shelters } from "./people.js";
import { personView } from "./person.js";
import { openStore } from "./store.js";
import { Refusal, Sync, ask } from "./sync.js";

const REFRESH = 10 * 60_000;
const place = document.getElementById("field");
const about = { ...place.dataset };

start();

async function start() {
  if (!canBundle()) {
    show(place, h("p", { role: "alert" }, "この画面は、https で始まるアドレスか、この端末自身で開いたときだけ使えます。システムの管理者に確かめてください。"));
    return;
  }
  const worker = keep();
  const store = await openStore(`keniki-reception-${about.incident}`);
  const vault = await openGate(place, store);
  const setup = (await store.get("meta", "setup")) ?? (await prepare(store));
  const journal = new Journal(store, vault, { incident: about.incident, mode: about.mode, device: setup.device });
  await journal.load();
  navigator.storage?.persist?.();
  open(store, setup, journal, worker);
}

/** Keep the page on the device; the worker's registration, or null where the browser has none. */
async function keep() {
  if (!("serviceWorker" in navigator)) return null;
  try {
    return await navigator.serviceWorker.register(about.worker, { scope: about.app });
  } catch {
    return null;
  }
}

/** Register the device: the only time it needs network. */
async function prepare(store) {
  const device = `t-${[...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const key = await newDeviceKey();
  return new Promise((resolve) => {
    const name = field("端末の名前", { required: true, maxlength: "60", autocomplete: "off" }, "例：北小学校 受付1号。端末の一覧に示します。");
    const wrong = h("p", { class: "field-error-text", role: "alert" });
    const send = h("button", { type: "submit", class: "button" }, "この端末を登録する");
    show(place, h("form", {
      class: "section",
      submit: async (event) => {
        event.preventDefault();
        send.disabled = true;
        wrong.textContent = "";
        try {
          const data = await ask(about.data);
          const said = await ask(about.device, { device, name: name.input.value.trim(), public_key: key.publicKey });
          const setup = { device, name: said.device.name, town: said.device.town, privateKey: key.privateKey, data, dataAt: Date.now(), shelter: "" };
          await store.put("meta", setup, "setup");
          resolve(setup);
        } catch (error) {
          wrong.textContent = error instanceof Refusal ? error.message || "サーバーが受け付けませんでした。ログインし直してください。" : "通信できません。最初の準備だけは、通信できる場所で行ってください。";
        } finally {
          send.disabled = false;
        }
      },
    }, h("h2", {}, "端末の準備"), h("p", {}, "この端末を受付に使えるように登録します。登録の後は、通信できなくても使えます。"), wrong, name.node, send));
  });
}

function open(store, setup, journal, worker) {
  const status = h("div", { class: "field-status", role: "region", "aria-label": "受付の状態" });
  const content = h("div");
  const door = h("div");
  const body = h("div", {}, status, h("div", { class: "field-views" }), content);
  const sync = new Sync(journal, { events: about.events, send: about.send });
  const kinds = () => setup.data.kinds;
  const declared = (kind, name) => kinds()[kind].fields[name] ?? kinds()[kind].fields[`${name.replace(/\.[^.]*$/, "")}.*`];
  let view = "desk";
  let open_ = "";
  const app = {
    store, setup, journal, sync, about,
    get data() { return setup.data; },
    place: () => setup.shelter,
    count: () => countWords(journal, setup.shelter),
    open: (entity) => go("person", entity),
    back: () => go("list"),
    label: (kind, name) => {
      const label = declared(kind, name)?.label ?? name;
      const member = name.startsWith("needs.diet.") ? setup.data.words.diet[name.slice(11)] : name.startsWith("needs.care.") ? setup.data.words.care[name.slice(11)] : "";
      return member ? `${label}（${member}）` : label;
    },
    words: (kind, name, value) => wordsOf(setup.data, new Map(shelters(journal, setup.data)), value),
  };
  const views = { desk: ["受付", deskView], list: ["名簿", listView], device: ["端末・送信", deviceView], person: ["", (each) => personView(each, open_)] };

  function go(name, entity = "") {
    view = name;
    open_ = entity;
    draw();
    content.querySelector("h2")?.focus?.();
  }

  function draw() {
    tell();
    if (!setup.shelter) {
      show(content, choosing());
      return;
    }
    show(content, views[view][1](app));
  }

  function tell() {
    const name = new Map(shelters(journal, setup.data)).get(setup.shelter) ?? "避難所を選んでください";
    show(status, h("strong", {}, about.modeWords), h("span", {}, name), setup.shelter ? h("span", {}, `いま${app.count()}`) : null,
      h("span", { class: journal.waiting.size ? "badge is-warning" : "badge is-success" }, `未送信 ${journal.waiting.size}件`), h("span", {}, sync.words));
    const conflicts = [...journal.folding.joined().values()].filter((each) => each.name.startsWith("person:") && !each.void && each.conflicts.length).length;
    show(body.querySelector(".field-views"), Object.entries(views).filter(([, [words]]) => words).map(([key, [words]]) => {
      const made = button(key === "list" && conflicts ? `${words}（食い違い${conflicts}件）` : words, () => go(key), "is-secondary");
      made.setAttribute("aria-pressed", String(view === key || (view === "person" && key === "list")));
      return made;
    }), button("避難所を選び直す", () => { show(content, choosing()); }, "is-quiet"), lockButton, update);
  }

  function choosing() {
    const every = shelters(journal, setup.data);
    const chosen = field("避難所", { options: every, value: setup.shelter || every[0]?.[0] });
    return h("form", {
      class: "section",
      submit: async (event) => {
        event.preventDefault();
        setup.shelter = chosen.input.value;
        await store.put("meta", setup, "setup");
        go("desk");
      },
    }, h("h2", {}, "受付をする避難所"), every.length ? [chosen.node, h("button", { type: "submit", class: "button" }, "この避難所で受け付ける")]
      : h("p", {}, "担当の市町村に、登録された避難所がありません。先に避難所を登録してください。"));
  }

  const lockButton = lockWhenIdle(body, door, store);
  const update = h("span");
  show(place, door, body);
  journal.addEventListener("change", () => { tell(); sync.state !== "away" && journal.waiting.size && sync.kick(); });
  sync.addEventListener("change", () => { tell(); refresh(); if (view === "device") draw(); });
  draw();
  sync.start();
  watch(worker, update);

  async function refresh() {
    if (sync.state !== "ok" || Date.now() - setup.dataAt < REFRESH) return;
    setup.dataAt = Date.now();
    try {
      setup.data = await ask(`${about.data}?device=${setup.device}`);
      await store.put("meta", setup, "setup");
    } catch (error) {
      if (!(error instanceof Refusal) && error.name !== "TypeError" && error.name !== "TimeoutError") throw error;
    }
  }
}

/** A value of a field as people read it. */
function wordsOf(data, names, value) {
  if (value === null) return "（空）";
  if (value === true) return "はい";
  if (value === false) return "いいえ";
  if (typeof value === "object") return [data.words.presence[value.state] ?? value.state, names.get(value.place) ?? value.where ?? ""].filter(Boolean).join(" ");
  return data.towns.find((each) => each.code === value)?.name ?? { male: "男", female: "女", other: "その他", unanswered: "回答しない" }[value] ?? String(value);
}

/** Offer a new version of the page when it is there: never in the middle of work. */
async function watch(worker, spot) {
  const registration = await worker;
  if (!registration) return;
  const offer = () => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    show(spot, button("新しい版に切り替える", () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      registration.waiting.postMessage("take over");
    }, "is-secondary"));
  };
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
}
