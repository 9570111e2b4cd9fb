/* What was typed about a house as the record the server's analysis takes, and what is wrong with it. */

import { ZERO, atLeast, exact, plus, shown } from "./fractions.js";

/** Per cent as a share, exactly: two digits further. */
function asShare(text) {
  const [whole, after = ""] = String(text).normalize("NFKC").trim().split(".");
  const digits = whole.padStart(3, "0") + after;
  const at = digits.length - after.length - 2;
  const found = `${digits.slice(0, at)}.${digits.slice(at)}`.replace(/^0+(?=\d)/, "").replace(/\.?0+$/, "");
  return found || "0";
}

/** The record of what was typed: `typed` is {name: text or true}, the names as in the form without script. */
export function recordOf(house, form, typed) {
  const text = (name) => String(typed[name] ?? "").normalize("NFKC").trim();
  const record = { structure: house.structure, hazard: house.hazard, storeys: house.storeys, detached: house.detached };
  if (text("collapsed")) record.collapsed = text("collapsed");
  if (house.hazard === "flood") {
    record.external_force = text("external_force") === "yes";
    if (typed.washed_away) record.washed_away = true;
    if (typed.below_floor) record.below_floor = true;
    const depths = text("depths").replace(/[、,]/g, " ").split(/\s+/).filter(Boolean);
    if (depths.length) record.depths_above_floor_m = depths;
  }
  const corners = [0, 1, 2, 3].map((n) => text(`tilt_${n}`));
  if (corners.some(Boolean)) {
    record.tilt_mm = corners;
    if (text("plumb_mm")) record.plumb_mm = text("plumb_mm");
  }
  if (text("settlement_m")) record.settlement_m = text("settlement_m");
  if (text("sunk_to")) record.sunk_to = text("sunk_to");
  if (exact(text("lost_floor"))) record.lost_floor_share = asShare(text("lost_floor"));
  if (text("rounding")) record.rounding = text("rounding");
  if (text("area_as")) record.area_as = text("area_as");
  if (text("revision_2025_half")) record.revision_2025_half = text("revision_2025_half") === "yes";
  const parts = form.parts.flatMap((part) => partsOf(part, form, text));
  if (parts.length || typed.parts_seen) record.parts = parts;
  if (!form.weights_known && record.parts) {
    const weights = form.parts.map((part) => [part.key, text(`weight_${part.key}`)]).filter(([, each]) => each);
    if (weights.length) record.weights = Object.fromEntries(weights);
  }
  return record;
}

function partsOf(part, form, text) {
  if (part.by_length) {
    const one = { part: part.key };
    for (const name of ["perimeter_m", "length_m", "cracks", "spalls"]) {
      const value = text(`p_${part.key}_${name}`);
      if (value) one[name] = value;
    }
    return Object.keys(one).length > 1 ? [one] : [];
  }
  const found = Object.keys(form.degrees)
    .map((degree) => [degree, text(`p_${part.key}_${degree}`)])
    .filter(([, each]) => each && exact(each)?.[0])
    .map(([degree, each]) => ({ part: part.key, degree, area: asShare(each) }));
  const loss = text(`p_${part.key}_loss_percent`);
  if (loss) found.push({ part: part.key, loss_percent: loss });
  return found;
}

/** What is wrong with what was typed: [name, words], the first of it; null when nothing is. */
export function wrongIn(house, form, typed) {
  const text = (name) => String(typed[name] ?? "").normalize("NFKC").trim();
  if (!text("surveyed_on")) return ["surveyed_on", "調査した日を入力してください。"];
  if (!text("assessors")) return ["assessors", "調査した職員を入力してください。"];
  if (house.hazard === "flood" && !text("external_force")) return ["external_force", "外力による損傷の有無を選んでください。"];
  if (typed.washed_away && text("external_force") === "no") return ["washed_away", "流失は、外力による損傷があるときだけ選べます。"];
  if (typed.washed_away && typed.below_floor) return ["below_floor", "流失と床下浸水は、どちらかだけにしてください。"];
  if (typed.below_floor && text("depths")) return ["depths", "床下浸水のときは、床上の浸水深を空にしてください。"];
  const corners = [0, 1, 2, 3].filter((n) => text(`tilt_${n}`));
  if (corners.length && corners.length < 4) return ["tilt_0", "傾斜は四隅の4つの値が要ります。"];
  for (const name of Object.keys(typed)) {
    const numeric = /^(p_|weight_|tilt_|plumb|settlement|lost_floor)/.test(name) && text(name);
    if (numeric && (!exact(text(name)) || text(name).includes("/"))) return [name, "0以上の数を入力してください。"];
  }
  for (const part of form.parts.filter((each) => each.by_length)) {
    const said = (name) => text(`p_${part.key}_${name}`);
    for (const name of ["cracks", "spalls"]) {
      if (said(name) && !/^\d+$/.test(said(name))) return [`p_${part.key}_${name}`, "箇所の数は、0以上の整数で入力してください。"];
    }
    if (["length_m", "cracks", "spalls"].some((name) => said(name)) && !exact(said("perimeter_m"))?.[0]) return [`p_${part.key}_perimeter_m`, `${part.name}の外周の長さ（m）を入力してください。`];
    if (exact(said("length_m")) && exact(said("perimeter_m")) && !atLeast(exact(said("perimeter_m")), exact(said("length_m")))) return [`p_${part.key}_length_m`, `${part.name}の損傷の長さが外周を超えています。`];
  }
  const depths = text("depths").replace(/[、,]/g, " ").split(/\s+/).filter(Boolean);
  if (depths.some((each) => !exact(each))) return ["depths", "浸水深は、0以上の数（m）を空白で区切って入力してください。"];
  for (const part of form.parts.filter((each) => !each.by_length)) {
    const shares = Object.keys(form.degrees).map((degree) => exact(text(`p_${part.key}_${degree}`) || "0"));
    if (!atLeast([100n, 1n], shares.reduce(plus, ZERO))) return [`p_${part.key}_I`, `${part.name}の損傷の割合の合計が100％を超えています。`];
    const loss = exact(text(`p_${part.key}_loss_percent`) || "0");
    if (loss[0] && shares.some((share) => share[0])) return [`p_${part.key}_loss_percent`, `${part.name}は、損害割合か損傷の程度のどちらかだけを入力してください。`];
    if (!atLeast(exact(form.weights_known ? part.weight : "100"), loss)) return [`p_${part.key}_loss_percent`, `${part.name}の損害割合が構成比${part.weight}％を超えています。`];
  }
  const weights = form.weights_known ? [] : form.parts.map((part) => text(`weight_${part.key}`)).filter(Boolean);
  const whole = weights.map(exact).reduce(plus, ZERO);
  if (weights.length && !(whole[0] === 100n && whole[1] === 1n)) return [`weight_${form.parts[0].key}`, `構成比の合計が${shown(whole)}％です。100％にしてください。`];
  if (!atLeast([100n, 1n], exact(text("lost_floor") || "0"))) return ["lost_floor", "損壊した床面積の割合は、100％までで入力してください。"];
  const plumb = exact(text("plumb_mm") || "1200");
  if (!plumb[0]) return ["plumb_mm", "下げ振りの長さを入力してください。"];
  const steep = corners.find((n) => !atLeast(plumb, exact(text(`tilt_${n}`))));
  if (steep !== undefined) return [`tilt_${steep}`, "傾斜が下げ振りの長さを超えています。"];
  return null;
}
