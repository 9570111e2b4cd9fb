/* The reception desk (受付): one scan is one check-in; by hand a whole household at once. */

import { button, choices, field, h, moment, show } from "./dom.js";
import { WrongCode, householdOfHome, personOfCard, personOfHome, personOfLine, printed, read } from "./codes.js";
import { fresh, personOf, presence } from "./people.js";
import { canScan, scan } from "./scanner.js";

const ROWS = 3;

/** The view: `app` has journal, data, about, place() and open(person). */
export function deskView(app) {
  const done = h("div", { role: "status", "aria-live": "polite" });
  const wrong = h("p", { class: "field-error-text", role: "alert" });
  const camera = h("div");
  const code = field("カード・受付簿の番号", { autocomplete: "off", autocapitalize: "characters", inputmode: "text", spellcheck: "false" },
    "読取機で読み取るか、番号を入力します。読み取ると、すぐに受け付けます。");
  const take = async (text) => {
    wrong.textContent = "";
    try {
      show(done, await accept(app, text));
    } catch (error) {
      if (!(error instanceof WrongCode)) throw error;
      wrong.textContent = error.message;
    }
  };
  const scanning = h("form", {
    class: "section",
    submit: (event) => {
      event.preventDefault();
      const text = code.input.value;
      code.input.value = "";
      code.input.focus();
      if (text.trim()) take(text);
    },
  }, h("h2", {}, "カードで受付"), wrong, code.node,
  h("p", { class: "buttons" }, h("button", { type: "submit", class: "button" }, "受け付ける"),
    canScan() ? button("カメラで読み取る", () => scan(camera, take), "is-secondary") : null), camera, done);
  queueMicrotask(() => code.input.focus());
  return [scanning, householdForm(app)];
}

/** Check in whoever the code stands for, or show who it is when that was done before. */
async function accept(app, text) {
  const { journal, about } = app;
  const found = read(text, about.mode);
  if (found.kind === "home") return acceptHome(app, found.home);
  if (found.kind === "sheet") throw new WrongCode("受付簿の行の番号（01から99）も入力してください。例：番号.07");
  const card = found.kind === "card";
  const entity = card ? personOfCard(about.incident, found.token) : personOfLine(about.incident, found.number);
  const known = personOf(journal, entity);
  if (known?.presence) return meet(app, known);
  const values = { [card ? "card" : "line"]: card ? found.token : found.number, presence: presence("in", app.place(), moment()) };
  await journal.write(entity, "person.check_in", values);
  const number = card ? printed(found.token) : `${printed(found.token)} ${found.line}行目`;
  return accepted(app, [personOf(journal, entity)], number);
}

async function acceptHome(app, home) {
  const { journal, about } = app;
  const entities = home.m.map((_, index) => personOfHome(about.incident, home.i, index));
  const known = personOf(journal, entities[0]);
  if (known?.presence) return meet(app, known);
  const household = householdOfHome(about.incident, home.i);
  const together = { head: home.m[0].n, home: home.h, address: home.a, phone: home.t, place: app.place() };
  const pets = Object.fromEntries(Object.entries(home.p ?? {}).map(([kind, number]) => [`pets.${kind}`, number]));
  const entries = [[household, "household.update", filled({ ...together, ...pets })]];
  home.m.forEach((member, index) => {
    const needs = Object.fromEntries([...(member.d ?? []).map((key) => [`needs.diet.${key}`, true]), ...(member.c ?? []).map((key) => [`needs.care.${key}`, true])]);
    entries.push([entities[index], "person.check_in", filled({
      name: member.n, kana: member.k, birth: member.b, sex: member.g, home: home.h, address: home.a, phone: home.t, emergency_contact: home.e,
      household, presence: presence("in", app.place(), moment()), "needs.diet_note": member.dn, "needs.medicine": member.md,
      "needs.care_note": member.cn, "needs.language": member.l, ...needs,
    })]);
  });
  await journal.writeAll(entries);
  return accepted(app, entities.map((entity) => personOf(journal, entity)), "事前登録");
}

function filled(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ""));
}

function accepted(app, persons, number) {
  return h("div", { class: "field-done" }, h("h2", {}, `受け付けました（${app.count()}）`), h("p", {}, number),
    h("p", { class: "buttons" }, persons.map((person) => button(persons.length > 1 ? `${person.name}の内容` : "氏名などを入力", () => app.open(person.entity), "is-secondary"))));
}

/** Somebody who was checked in before: what happens now is for the person at the desk to say. */
function meet(app, person) {
  const here = person.presence.state === "in" && person.presence.place === app.place();
  const write = (kind, state, words) => button(words, async () => {
    await app.journal.write(person.entity, kind, { presence: presence(state, app.place(), moment()) });
    show(node, h("h2", {}, `${person.name}：${words}を記録しました`));
  }, "is-secondary");
  const node = h("div", { class: "field-done" }, h("h2", {}, `${person.name}（${person.stateWords}）`),
    h("p", {}, here ? "この避難所で受け付けています。" : "前に受け付けた方です。"),
    h("p", { class: "buttons" }, here
      ? [write("person.away", "away", "外出"), write("person.leave", "left", "退所")]
      : [write(person.presence.state === "away" ? "person.return" : "person.move", "in", person.presence.state === "away" ? "戻り" : "この避難所に受入れ")],
    button("内容を見る", () => app.open(person.entity), "is-quiet")));
  return node;
}

/** A household by hand: who they are, and what they need. */
function householdForm(app) {
  const { data } = app;
  const done = h("div", { role: "status", "aria-live": "polite" });
  const wrong = h("p", { class: "field-error-text", role: "alert" });
  const towns = [["", "（分からない・そのほか）"], ...data.towns.map((each) => [each.code, each.name])];
  const draw = () => {
    const home = field("住所地の市町村", { options: towns, value: data.town?.code ?? "" });
    const address = field("住所", { autocomplete: "off" });
    const phone = field("電話番号", { type: "tel", autocomplete: "off" });
    const where = field("避難所以外の滞在先", { autocomplete: "off" }, "車の中や親戚の家など、避難所の外にいる世帯のときだけ入力します。");
    const pets = Object.entries(data.words.pets).map(([key, words]) => [key, field(`ペット：${words}`, { type: "number", min: "0", max: "99", inputmode: "numeric" })]);
    const members = h("div");
    const rows = [];
    const add = () => {
      const row = memberRow(data, rows.length + 1);
      rows.push(row);
      members.append(row.node);
    };
    for (let i = 0; i < ROWS; i += 1) add();
    const save = async (event) => {
      event.preventDefault();
      const persons = rows.map((row) => row.values()).filter((values) => Object.keys(values).length);
      wrong.textContent = "";
      if (!persons.length) {
        wrong.textContent = "1人目の氏名を入力してください。氏名が分からないときは、年齢か性別だけでも構いません。";
        return;
      }
      const outside = where.input.value.trim();
      const household = fresh("household");
      const shared = filled({ home: home.input.value, address: address.input.value.trim(), phone: phone.input.value.trim() });
      const kept = pets.map(([key, each]) => [`pets.${key}`, each.input.value === "" ? null : Number(each.input.value)]);
      const entries = [[household, "household.update", filled({
        head: persons[0].name, ...shared, ...Object.fromEntries(kept), ...(outside ? { where: outside } : { place: app.place() }), people: persons.length,
      })]];
      const entities = persons.map(() => fresh("person"));
      persons.forEach((values, i) => {
        const stays = presence("in", outside ? "" : app.place(), moment(), outside);
        entries.push([entities[i], "person.check_in", { ...values, ...shared, household, presence: stays }]);
      });
      await app.journal.writeAll(entries);
      show(done, accepted(app, entities.map((entity) => personOf(app.journal, entity)), `世帯${persons.length}人`));
      draw();
    };
    show(place, h("form", { submit: save, autocomplete: "off" }, wrong, members, h("p", {}, button("人を増やす", add, "is-quiet")),
      home.node, address.node, phone.node, where.node, pets.map(([, each]) => each.node), h("p", {}, h("button", { type: "submit", class: "button" }, "世帯を受け付ける"))), done);
  };
  const place = h("div");
  draw();
  return h("details", { class: "section" }, h("summary", {}, "カードを使わずに受付（世帯）"), place);
}

function memberRow(data, number) {
  const name = field("氏名", { autocomplete: "off" });
  const kana = field("氏名カナ", { autocomplete: "off" });
  const age = field("年齢", { type: "number", min: "0", max: "130", inputmode: "numeric" });
  const sex = field("性別", { options: [["", ""], ["male", "男"], ["female", "女"], ["other", "その他"], ["unanswered", "回答しない"]] });
  const diet = choices("食物アレルギー・食事の配慮", data.words.diet);
  const care = choices("介助・設備の配慮", data.words.care);
  const medicine = field("服薬・医療処置", { autocomplete: "off" });
  const node = h("fieldset", { class: "field-member" }, h("legend", {}, `${number}人目`), name.node, kana.node, age.node, sex.node,
    h("details", {}, h("summary", {}, "配慮が必要なこと"), diet.node, care.node, medicine.node));
  const values = () => filled({
    name: name.input.value.trim(), kana: kana.input.value.trim(), age: age.input.value === "" ? null : Number(age.input.value), sex: sex.input.value,
    "needs.medicine": medicine.input.value.trim(),
    ...Object.fromEntries(diet.chosen().map((key) => [`needs.diet.${key}`, true])), ...Object.fromEntries(care.chosen().map((key) => [`needs.care.${key}`, true])),
  });
  return { node, values };
}
