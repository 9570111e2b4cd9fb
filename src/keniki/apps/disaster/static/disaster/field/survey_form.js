/* The form of a survey, step by step: outside and water, parts, photos, check. */

import { button, field, h, show } from "./dom.js";
import { exact, shown } from "./fractions.js";
import { judge } from "./survey_class.js";
import { recordOf, wrongIn } from "./survey_record.js";

const CORNERS = ["北西", "北東", "南東", "南西"];
const COLLAPSED = [["", "いいえ"], ["house", "住家全部が倒壊"], ["storey", "一部の階が全部倒壊"]];
const SUNK = [["", "調べていない"], ["none", "潜り込みなし"], ["foundation_top_25cm", "基礎の天端下25cmまで"], ["floor", "床まで"], ["floor_plus_1m", "床上1mまで"]];
const LONGEST = 1600;

/** The form of `survey` ({uid, house, round, typed, photos}) in `place`. `deeds`: save(survey) on every step, submit(survey),
    leave(), addPhoto(survey, bytes, part), photoBytes(id), removePhoto(survey, id). */
export function openForm(place, about, survey, deeds) {
  const house = survey.house;
  const form = about.forms[house.forms[survey.round]];
  const steps = [["外観・浸水・傾斜", outside], ["部位の損傷", parts], ["写真", photos], ["確かめて保存", check]];
  let at = 0;

  const keep = (name, input) => {
    input.name = name;
    input.addEventListener("change", () => { survey.typed[name] = input.type === "checkbox" ? input.checked : input.value; });
    return input;
  };
  const asked = (name, label, attributes = {}, note = "") => {
    const made = field(label, { ...attributes, value: survey.typed[name] ?? attributes.value ?? "" }, note);
    keep(name, made.input);
    return made.node;
  };
  const number = (name, label) => asked(name, label, { inputmode: "decimal", autocomplete: "off" });
  const tick = (name, label) => h("label", { class: "choice" }, keep(name, h("input", { type: "checkbox", checked: survey.typed[name] === true })), h("span", {}, label));

  async function go(to) {
    await deeds.save(survey);
    at = to;
    draw();
  }

  function draw(wrong = null) {
    const [title, content] = steps[at];
    const said = wrong ? h("p", { class: "field-error-text", role: "alert" }, wrong) : null;
    show(place,
      h("h2", { tabindex: "-1" }, `第${house.number}号　${title}（${at + 1}/${steps.length}）`),
      h("p", {}, `${house.address}　${house.structure_name} ${house.storeys}階　${house.hazard_name}　${about.rounds[survey.round]}`),
      said, content(),
      h("div", { class: "survey-steps" },
        at > 0 ? button("戻る", () => go(at - 1), "is-secondary") : null,
        at < steps.length - 1 ? button("次へ", () => go(at + 1)) : button("この調査を保存して送る", finish),
        button("書きかけにして一覧へ", async () => { await deeds.save(survey); deeds.leave(); }, "is-quiet")));
    place.querySelector("h2").focus();
  }

  async function finish() {
    const wrong = wrongIn(house, form, survey.typed);
    if (wrong) return draw(wrong[1]);
    survey.record = recordOf(house, form, survey.typed);
    return deeds.submit(survey);
  }

  function outside() {
    const flood = house.hazard === "flood" ? [
      asked("external_force", "外力による損傷", { options: [["", "選んでください"], ["yes", "あり"], ["no", "なし（内水など）"]] }, "水流や漂流物などによる損傷の有無です。"),
      tick("washed_away", "流失"), tick("below_floor", "床下浸水"),
      asked("depths", "床上の浸水深（m）", { inputmode: "decimal", autocomplete: "off" }, "測った値を空白で区切ります。例：0.75 0.82"),
    ] : [];
    const box = h("div", {},
      asked("surveyed_on", "調査した日", { type: "date" }), asked("assessors", "調査した職員", { autocomplete: "off" }),
      asked("collapsed", "一見して倒壊", { options: COLLAPSED }), flood,
      h("fieldset", { class: "fieldset" }, h("legend", {}, "四隅の傾斜（mm）"), h("div", { class: "survey-degrees" }, CORNERS.map((corner, n) => number(`tilt_${n}`, corner))),
        number("plumb_mm", "下げ振りの長さ（mm、ふつう1200）")),
      house.hazard === "earthquake" && house.structure === "non_wood" ? number("settlement_m", "最大沈下量・最大露出量（m）") : null,
      house.hazard === "liquefaction" ? asked("sunk_to", "基礎等の潜り込み", { options: SUNK }) : null,
      number("lost_floor", "損壊した床面積の割合（％）"),
      form.revised ? asked("revision_2025_half", "令和7年7月の改定で加わった半壊の基準", { options: [["", "確かめていない"], ["yes", "当たる"], ["no", "当たらない"]] }, form.revised) : null);
    return [box, result(box)];
  }

  /** The result as it stands, or what is missing or wrong; it follows what is typed in `box`. */
  function result(box) {
    const said = h("div", { class: "field-done", role: "status" });
    const reckon = () => {
      const typed = { surveyed_on: "x", assessors: "x", ...survey.typed };
      const wrong = wrongIn(house, form, { external_force: "no", ...typed });
      const found = wrong ? { missing: wrong[1], lines: [] } : judge(house, form, recordOf(house, form, typed));
      show(said,
        h("p", {}, h("strong", {}, found.missing ? "区分：まだ決まりません" : `区分の見込み：${found.name}${found.percent ? `（${shown(found.percent)}％）` : ""}`)),
        found.missing ? h("p", {}, found.missing) : h("p", {}, `${form.methods[found.method]}。${found.ended ? "部位を調べなくても判定が終わります。" : ""}`),
        found.lines.length ? h("ul", {}, found.lines.map((line) => h("li", {}, line))) : null);
    };
    box.addEventListener("change", reckon);
    reckon();
    return said;
  }

  function parts() {
    const options = (names, first) => [["", first], ...Object.entries(names ?? {})];
    const box = h("div", {}, tick("parts_seen", "部位を調べた（損傷がなかったときも印を付けます）"),
      form.question ? h("p", {}, form.question) : null,
      form.parts.map((part) => h("fieldset", { class: "fieldset survey-part" }, h("legend", {}, form.weights_known ? `${part.name}（${shown(exact(part.weight))}％）` : part.name),
        form.weights_known ? null : number(`weight_${part.key}`, "構成比（％）"),
        part.by_length
          ? [["perimeter_m", "外周（m）"], ["length_m", "損傷の長さ（m）"], ["cracks", "亀裂（か所）"], ["spalls", "剥落（か所）"]].map(([name, label]) => number(`p_${part.key}_${name}`, label))
          : [h("div", { class: "survey-degrees" }, Object.entries(form.degree_names).map(([degree, name]) => number(`p_${part.key}_${degree}`, `程度${name}（％）`))),
            part.by_loss ? number(`p_${part.key}_loss_percent`, "損害割合（％）") : null])),
      asked("rounding", "端数処理", { options: options(form.roundings, "規則の既定") }),
      asked("area_as", "面積の割合", { options: [["", form.areas?.exact ?? "測った割合"], ["bands", form.areas?.bands ?? "調査票の面積率の区分の上限"]] }));
    return [box, result(box)];
  }

  function photos() {
    const list = h("ul", { class: "survey-photos" });
    const said = h("p", { class: "field-error-text", role: "alert" });
    const part = field("写っている所", { options: [["", "全景・その他"], ...form.parts.map((each) => [each.key, each.name])] });
    const camera = field("写真を撮る・選ぶ", { type: "file", accept: "image/*", capture: "environment" }, "小さくして、この端末に暗号化して残します。");
    camera.input.addEventListener("change", async () => {
      const [file] = camera.input.files;
      camera.input.value = "";
      if (!file) return;
      said.textContent = "";
      if (survey.photos.length >= about.most_photos) { said.textContent = `写真は${about.most_photos}枚までです。`; return; }
      try {
        await deeds.addPhoto(survey, await smaller(file), part.input.value);
        draw();
      } catch {
        said.textContent = "この写真は読み込めませんでした。もう一度撮ってください。";
      }
    });
    survey.photos.forEach(async (photo, n) => {
      const image = h("img", { alt: `写真${n + 1}` });
      list.append(h("li", {}, image, button(`写真${n + 1}を削除`, async () => { await deeds.removePhoto(survey, photo.id); draw(); }, "is-quiet")));
      const bytes = await deeds.photoBytes(photo.id);
      image.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
      image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    });
    return [list, part.node, camera.node, said];
  }

  function check() {
    const remark = asked("remark", "所見", { rows: 3, maxlength: 2000 });
    const box = h("div", {}, h("p", {}, `写真 ${survey.photos.length}枚`), remark);
    return [box, result(box),
      h("p", {}, "保存すると、端末に残り、つながったときに送ります。区分の見込みは、この端末が同じ規則で計算したものです。届いた調査をサーバーがもう一度判定し、市町村長が決定します。")];
  }

  draw();
}

/** A photo as a JPEG of at most 1600 pixels a side: bytes. */
async function smaller(file) {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.85); });
  return new Uint8Array(await blob.arrayBuffer());
}
