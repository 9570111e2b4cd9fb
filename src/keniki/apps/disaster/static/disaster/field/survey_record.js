/* What was seen of a house as the server's analysis takes it, and the losses of its parts reckoned exactly on the phone.

   The twin of `keniki.analysis.damage.parts` for what the phone's form asks: degree × share × weight, lengths of the foundation,
   the loss of equipment; nothing is rounded. The class itself comes from the server, which knows every rule. */

/** A decimal as a fraction of two BigInts; null for what is no number of 0 or more. */
export function exact(text) {
  const found = /^(\d{1,7})(?:\.(\d{0,6}))?$/.exec(String(text ?? "").normalize("NFKC").trim());
  if (!found) return null;
  const after = found[2] ?? "";
  return reduced(BigInt(found[1] + after), 10n ** BigInt(after.length));
}

function reduced(above, below) {
  let [a, b] = [above < 0n ? -above : above, below];
  while (b) [a, b] = [b, a % b];
  return a ? [above / a, below / a] : [0n, 1n];
}

export const plus = (one, other) => reduced(one[0] * other[1] + other[0] * one[1], one[1] * other[1]);
export const times = (one, other) => reduced(one[0] * other[0], one[1] * other[1]);
export const atLeast = (one, other) => one[0] * other[1] >= other[0] * one[1];
const least = (one, other) => (atLeast(one, other) ? other : one);
const ZERO = [0n, 1n];

/** A fraction as Python writes it: 45/8, 30. */
export const written = ([above, below]) => (below === 1n ? `${above}` : `${above}/${below}`);
/** A fraction for people, three decimals. */
export const shown = ([above, below]) => String(Math.round((Number(above) / Number(below)) * 1000) / 1000);

/** The loss of every part in per cent of the house, and their sum: {parts: [{key, name, loss}], total}, all fractions.
    `form` is what the server says of the house's parts, `seen` the record's `parts`. null where weights are not known. */
export function losses(form, seen) {
  if (!form.weights_known) return null;
  const parts = form.parts.map((part) => ({ key: part.key, name: part.name, loss: lossOf(part, seen.filter((each) => each.part === part.key), form) }));
  return { parts, total: parts.reduce((sum, part) => plus(sum, part.loss), ZERO) };
}

function lossOf(part, seen, form) {
  const weight = exact(part.weight);
  let loss = ZERO;
  for (const each of seen) {
    if (part.by_length) {
      // While somebody types, the length of the foundation may still be missing: nothing is lost yet.
      const metres = plus(plus(exact(each.length_m ?? "0") ?? ZERO, exact(each.cracks ?? "0") ?? ZERO), exact(each.spalls ?? "0") ?? ZERO);
      const [above, below] = exact(each.perimeter_m) ?? ZERO;
      if (above > 0n) loss = plus(loss, times(weight, least(times(metres, [below, above]), [1n, 1n])));
    } else if (each.loss_percent !== undefined) {
      loss = plus(loss, exact(each.loss_percent) ?? ZERO);
    } else {
      loss = plus(loss, times(weight, times(exact(form.degrees[each.degree]), exact(each.area))));
    }
  }
  return least(loss, weight);
}

/** The class that a loss stands for by the classes of the day. */
export function classOf(form, total) {
  return form.classes.find((each) => atLeast(total, exact(each.least))).name;
}

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
  const corners = [0, 1, 2, 3].filter((n) => text(`tilt_${n}`));
  if (corners.length && corners.length < 4) return ["tilt_0", "傾斜は四隅の4つの値が要ります。"];
  for (const name of Object.keys(typed)) {
    const numeric = /^(p_|weight_|tilt_|plumb|settlement)/.test(name) && text(name);
    if (numeric && !exact(text(name))) return [name, "0以上の数を入力してください。"];
  }
  for (const part of form.parts.filter((each) => each.by_length)) {
    const said = (name) => text(`p_${part.key}_${name}`);
    for (const name of ["cracks", "spalls"]) {
      if (said(name) && !/^\d+$/.test(said(name))) return [`p_${part.key}_${name}`, "箇所の数は、0以上の整数で入力してください。"];
    }
    if (["length_m", "cracks", "spalls"].some((name) => said(name)) && !exact(said("perimeter_m"))?.[0]) return [`p_${part.key}_perimeter_m`, `${part.name}の外周の長さ（m）を入力してください。`];
  }
  const depths = text("depths").replace(/[、,]/g, " ").split(/\s+/).filter(Boolean);
  if (depths.some((each) => !exact(each))) return ["depths", "浸水深は、0以上の数（m）を空白で区切って入力してください。"];
  for (const part of form.parts.filter((each) => !each.by_length)) {
    const shares = Object.keys(form.degrees).map((degree) => exact(text(`p_${part.key}_${degree}`) || "0"));
    if (!atLeast([100n, 1n], shares.reduce(plus, ZERO))) return [`p_${part.key}_I`, `${part.name}の損傷の割合の合計が100％を超えています。`];
  }
  return null;
}
