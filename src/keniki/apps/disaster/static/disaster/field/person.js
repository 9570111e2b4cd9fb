/* One person: what is known, what people disagree about, and what happens next. */

import { button, choices, clock, field, h, moment, show } from "./dom.js";
import { printed } from "./codes.js";
import { personOf, presence, shelters } from "./people.js";

const TEXTS = [
  ["name", "氏名"], ["kana", "氏名カナ"], ["birth", "生年月日", "date"], ["age", "年齢（生年月日が分からないとき）", "number"], ["address", "住所"], ["phone", "電話番号", "tel"],
  ["emergency_contact", "緊急連絡先"], ["needs.diet_note", "食事の配慮の内容"], ["needs.medicine", "服薬・医療処置"], ["needs.care_note", "介助の内容"],
  ["needs.language", "使う言語"], ["health", "体調・けが"], ["memo", "備考"],
];
const YES = [["inquiry_consent", "家族などからの安否の照会に答えてよい"], ["protected", "保護対象（照会に答えない）"], ["helper_needed", "避難行動要支援者"]];
const SEX = [["", ""], ["male", "男"], ["female", "女"], ["other", "その他"], ["unanswered", "回答しない"]];

/** The view of a person; `app` has journal, data, place(), back(). */
export function personView(app, entity) {
  const place = h("section", { class: "section", "aria-labelledby": "person-name" });
  draw(app, entity, place);
  return [h("p", {}, button("名簿に戻る", app.back, "is-quiet")), place];
}

function draw(app, entity, place, said = "") {
  const { journal, data } = app;
  const person = personOf(journal, entity);
  if (person === null) {
    show(place, h("h2", { id: "person-name" }, "この記録は取り消されました"));
    return;
  }
  const again = (words) => draw(app, entity, place, words);
  const write = async (kind, values, words) => {
    await journal.write(entity, kind, values);
    again(words);
  };
  const where = person.presence;
  const names = new Map(shelters(journal, data));
  show(place, h("h2", { id: "person-name", tabindex: "-1" }, person.name), said ? h("p", { role: "status" }, said) : null,
    conflicts(app, person, again),
    h("dl", { class: "definitions" }, row("状況", person.stateWords), row("場所", where?.place ? names.get(where.place) ?? "ほかの避難所" : where?.where ?? ""),
      row("時刻", where?.since ? clock(where.since) : ""), row("カード", person.value("card") ? printed(person.value("card")) : person.value("line") ?? "")),
    h("p", { class: "buttons" },
      where?.state === "in" ? button("外出", () => write("person.away", { presence: presence("away", where.place ?? "", moment()) }, "外出を記録しました。"), "is-secondary") : null,
      where?.state === "away" ? button("戻り", () => write("person.return", { presence: presence("in", where.place ?? app.place(), moment()) }, "戻りを記録しました。"), "is-secondary") : null,
      where?.state === "left" || (where?.place && where.place !== app.place())
        ? button("この避難所に受入れ", () => write("person.move", { presence: presence("in", app.place(), moment()) }, "この避難所に受け入れました。"), "is-secondary") : null,
      where?.state === "in" || where?.state === "away" ? button("退所", () => write("person.leave", { presence: presence("left", where.place ?? "", moment()) }, "退所を記録しました。"), "is-secondary") : null),
    editing(app, person, write), voiding(app, person, write));
}

function row(term, words) {
  return words ? h("div", {}, h("dt", {}, term), h("dd", {}, words)) : null;
}

/** What people disagree about, each with the values that stand; one of them is chosen, and nothing is lost. */
function conflicts(app, person, again) {
  return person.conflicts.filter((name) => name !== "void" && name !== "same_as").map((name) => {
    const register = person.joined.registers.get(name);
    const label = app.label("person", name);
    return h("div", { class: "notice is-warning", role: "group", "aria-label": `食い違い：${label}` }, h("div", {}, h("p", {}, h("strong", {}, `${label}の記録が食い違っています。正しいほうを選んでください。`)),
      h("p", { class: "buttons" }, [...new Map([...register.heads.values()].map((value) => [JSON.stringify(value), value])).values()].map((value) =>
        button(app.words("person", name, value), async () => {
          await app.journal.write(person.entity, "person.decide", { [name]: value });
          again(`${label}を決めました。`);
        }, "is-secondary")))));
  });
}

function editing(app, person, write) {
  const { data } = app;
  const texts = TEXTS.map(([name, label, type]) => [name, type, field(label, { type: type ?? "text", value: person.value(name) ?? "", autocomplete: "off" })]);
  const sex = field("性別", { options: SEX, value: person.value("sex") ?? "" });
  const home = field("住所地の市町村", { options: [["", "（分からない・そのほか）"], ...data.towns.map((each) => [each.code, each.name])], value: person.value("home") ?? "" });
  const diet = choices("食物アレルギー・食事の配慮", data.words.diet, person.members("needs.diet"));
  const care = choices("介助・設備の配慮", data.words.care, person.members("needs.care"));
  const yes = choices("取扱い", Object.fromEntries(YES), YES.map(([name]) => name).filter((name) => person.value(name) === true));
  const wrong = h("p", { class: "field-error-text", role: "alert" });
  const changed = () => {
    const values = {};
    const differ = (name, value) => {
      const before = person.value(name);
      if (value !== (before ?? (typeof value === "boolean" ? false : null))) values[name] = value;
    };
    for (const [name, type, each] of texts) {
      const text = each.input.value.trim();
      differ(name, text === "" ? null : type === "number" ? Number(text) : text);
    }
    differ("sex", sex.input.value || null);
    differ("home", home.input.value || null);
    for (const [collection, every, box] of [["needs.diet", data.words.diet, diet], ["needs.care", data.words.care, care]]) {
      const chosen = box.chosen();
      for (const key of Object.keys(every)) differ(`${collection}.${key}`, chosen.includes(key));
    }
    const said = yes.chosen();
    for (const [name] of YES) differ(name, said.includes(name));
    return values;
  };
  return h("form", {
    autocomplete: "off",
    submit: async (event) => {
      event.preventDefault();
      const values = changed();
      if (Object.keys(values).length) await write("person.update", values, "保存しました。");
      else wrong.textContent = "変わった項目がありません。";
    },
  }, h("h3", {}, "内容"), wrong, texts.slice(0, 4).map(([, , each]) => each.node), sex.node, home.node, texts.slice(4).map(([, , each]) => each.node), diet.node, care.node, yes.node,
  h("p", {}, h("button", { type: "submit", class: "button" }, "保存する")));
}

function voiding(app, person, write) {
  const reason = field("取り消す理由", { autocomplete: "off", required: true });
  return h("details", { class: "section" }, h("summary", {}, "まちがえて受け付けたとき"), h("form", {
    submit: (event) => {
      event.preventDefault();
      if (reason.input.value.trim()) write("person.void", { void: { value: true, reason: reason.input.value.trim() } }, "");
    },
  }, reason.node, h("button", { type: "submit", class: "button is-danger is-secondary" }, "この受付を取り消す")));
}
