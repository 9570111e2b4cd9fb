/* Surveys of houses without network: houses are taken along, surveys with photos are kept encrypted on the device and sent when
   there is network. The server takes each once by its number; what it refuses stays here with its reason. */

import { button, field, h, moment, show } from "./dom.js";
import { lockWhenIdle, openGate } from "./gate.js";
import { openStore } from "./store.js";
import { openForm } from "./survey_form.js";
import { Refusal, ask } from "./sync.js";

const AGAIN = 20_000;
const place = document.getElementById("field");
const { incident, mode, town, data: dataAddress, send, photos: photosAddress, login, worker, app } = place.dataset;
const STATES = { draft: "書きかけ", waiting: "送信待ち", refused: "受け取られなかった", sent: "送信済み" };

const store = await openStore(`keniki-survey-${incident}-${town}`);
const gate = h("div");
const content = h("div");
show(place, gate, content);
if ("serviceWorker" in navigator) navigator.serviceWorker.register(worker, { scope: app }).catch(() => {});
if (navigator.storage?.persist) navigator.storage.persist();
const vault = await openGate(gate, store);
show(gate);

const status = h("p", { class: "field-status", role: "status" });
const view = h("div");
show(content, status, view, h("p", {}, lockWhenIdle(content, gate, store)));

let about = null;
let running = false;
let timer;
let inForm = false;

const kept = await store.get("meta", "about");
if (kept) about = await vault.unseal(kept);

/* --- surveys and photos in the device --- */

async function boxes() {
  const rows = await store.all("boxes");
  return Promise.all(rows.map(async (row) => ({ ...(await vault.unseal(row)), state: row.state })));
}

async function save(survey, state = "draft") {
  await store.put("boxes", { id: survey.uid, state, ...(await vault.seal(survey)) });
}

async function addPhoto(survey, bytes, part) {
  const id = crypto.randomUUID();
  await store.put("files", { id, state: "waiting", ...(await vault.sealBytes(bytes)) });
  survey.photos.push({ id, part });
  await save(survey);
}

async function photoBytes(id) {
  return vault.unsealBytes(await store.get("files", id));
}

async function removePhoto(survey, id) {
  survey.photos = survey.photos.filter((photo) => photo.id !== id);
  await save(survey);
  await store.remove("files", [id]);
}

/* --- the network --- */

async function fetchHouses(team = "") {
  about = await ask(`${dataAddress}?${new URLSearchParams({ team })}`);
  await store.put("meta", await vault.seal({ ...about, team }), "about");
}

/** Send what waits, one survey after the other, each with its photos. */
async function sendAll() {
  if (running) return;
  running = true;
  clearTimeout(timer);
  let said = "";
  try {
    await navigator.locks.request(`${store.name} send`, async () => {
      for (const survey of (await boxes()).filter((each) => each.state === "waiting")) await sendOne(survey);
    });
    said = navigator.onLine ? "" : "通信できません。";
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) said = "ログインの期限が切れました。記録は端末に残っています。";
    else if (error instanceof Refusal) said = `サーバーが受け取りませんでした。${error.message}`;
    else said = "通信できません。記録は端末に残し、つながると送ります。";
  } finally {
    running = false;
    timer = setTimeout(sendAll, AGAIN);
    await tell(said);
  }
}

async function sendOne(survey) {
  try {
    if (!survey.answer) {
      const { survey: answer } = await ask(send, {
        uid: survey.uid, house: survey.house.uid, mode, round: survey.round, surveyed_on: survey.typed.surveyed_on,
        assessors: survey.typed.assessors, remark: survey.typed.remark ?? "", record: survey.record, device: "survey",
      });
      survey.answer = answer;
      await save(survey, "waiting");
    }
    for (const photo of survey.photos.filter((each) => !each.sent)) {
      const body = new FormData();
      body.append("uid", photo.id);
      body.append("survey", survey.uid);
      body.append("part", photo.part);
      body.append("file", new Blob([await photoBytes(photo.id)], { type: "image/jpeg" }), "photo.jpg");
      await ask(photosAddress, body);
      photo.sent = true;
      await save(survey, "waiting");
    }
  } catch (error) {
    // Only what this survey says is wrong stays aside; everything else is tried again.
    if (!(error instanceof Refusal) || error.status !== 422) throw error;
    survey.reason = error.message;
    await save(survey, "refused");
    return;
  }
  await save({ uid: survey.uid, house: { number: survey.house.number, uid: survey.house.uid }, round: survey.round, answer: survey.answer, photos: [] }, "sent");
  await store.remove("files", survey.photos.map((photo) => photo.id));
}

/* --- what is shown --- */

async function tell(said = "") {
  const waiting = await store.count("boxes", "waiting");
  const refused = await store.count("boxes", "refused");
  show(status, h("strong", {}, `送信待ち ${waiting}件`), refused ? h("strong", {}, `受け取られなかった ${refused}件`) : null, h("span", {}, said || "記録はこの端末に暗号化して残しています。"),
    said.startsWith("ログイン") ? h("a", { href: login }, "ログインする") : null, button("いま送る", sendAll, "is-secondary"));
  if (!inForm) await list();
}

async function list() {
  const every = await boxes();
  const houses = about?.houses ?? [];
  const byHouse = new Map();
  for (const each of every) byHouse.set(each.house.uid, [...(byHouse.get(each.house.uid) ?? []), each]);
  const team = field("調査班", { options: [["", "すべて"], ...(about?.teams ?? []).map((each) => [each, each])], value: about?.team ?? "" });
  const wrong = h("p", { class: "field-error-text", role: "alert" });
  const get = button(about ? "家屋の一覧を取り直す" : "家屋の一覧を端末に入れる", async () => {
    try {
      await fetchHouses(team.input.value);
      await list();
    } catch (error) {
      wrong.textContent = error instanceof Refusal ? `取得できませんでした。${error.message}` : "通信できません。つながる所でもう一度押してください。";
    }
  }, about ? "is-secondary" : "");
  const refused = every.filter((each) => each.state === "refused");
  show(view, about ? team.node : null, h("p", {}, get), wrong,
    refused.length ? h("section", { class: "section", "aria-label": "受け取られなかった調査" }, h("h2", {}, "受け取られなかった調査"), refused.map((each) => h("div", { class: "field-done" },
      h("p", {}, `第${each.house.number}号：${each.reason}`),
      each.answer ? button("写真なしで済ませる", async () => { await store.remove("files", each.photos.filter((photo) => !photo.sent).map((photo) => photo.id)); await save({ ...each, photos: [] }, "waiting"); await sendAll(); }, "is-secondary")
        : button("直して送り直す", () => open({ ...each, reason: undefined }))))) : null,
    h("h2", {}, `家屋（${houses.length}棟）`),
    about?.left ? h("p", { class: "field-error-text" }, `ほかに${about.left}棟が調査を待っています。端末には${houses.length}棟まで入れられます。調査班を選んで取り直してください。`) : null,
    houses.length ? h("ul", { class: "field-list" }, houses.map((house) => h("li", {}, h("button", { type: "button", click: () => choose(house, byHouse.get(house.uid) ?? []) },
      h("strong", {}, `第${house.number}号`), h("span", {}, house.address), h("span", {}, house.household || house.owner),
      (byHouse.get(house.uid) ?? []).map((each) => h("span", { class: "badge" }, each.answer ? `${STATES[each.state]}：${each.answer.class}` : STATES[each.state])))))) : h("p", {}, "家屋はまだこの端末にありません。"));
}

function choose(house, known) {
  inForm = true;
  const draft = known.find((each) => each.state === "draft");
  const round = field("調査の回", { options: Object.entries(about.rounds), value: house.surveyed || known.length ? "second" : "first" });
  show(view, h("h2", {}, `第${house.number}号　${house.address}`), h("p", {}, [house.owner, house.household, house.note].filter(Boolean).join("　")),
    known.filter((each) => each.answer).map((each) => h("p", {}, `${about.rounds[each.round]}：${each.answer.class}（${STATES[each.state]}）`)),
    draft ? h("p", {}, button("書きかけの調査を続ける", () => open(draft))) : [round.node, h("p", {}, button("調査を始める", () => open({
      uid: crypto.randomUUID(), house, round: round.input.value, photos: [],
      typed: { surveyed_on: moment().slice(0, 10), assessors: about.user },
    })))],
    button("一覧へ", leave, "is-quiet"));
}

function open(survey) {
  inForm = true;
  openForm(view, about, survey, {
    save, addPhoto, photoBytes, removePhoto, leave,
    submit: async (each) => { await save(each, "waiting"); leave(); await sendAll(); },
  });
}

function leave() {
  inForm = false;
  list();
}

addEventListener("online", sendAll);
await tell();
await sendAll();
