/* The class of a house reckoned on the phone: the twin of `keniki.analysis.damage.assess` for what the phone's form asks.

   Every figure comes with the form from the rulebook (`carried_rules`); all numbers are exact fractions. The server judges
   again when the survey arrives, and its answer is the one that counts. */

import { HALF, ZERO, atLeast, divided, exact, least, minus, plus, ratioOf, shown, times, wholeBelow } from "./fractions.js";

const HUNDRED = [100n, 1n];
const ONE = [1n, 1n];

/** What a survey comes to: {class, name, method, percent (fraction or null), lines, parts, ended: whether the parts
   need not be looked at}; {missing} where it cannot be told yet.
    `house` has storeys and detached, `form` the rules, `record` what was seen as the server takes it. */
export function judge(house, form, record) {
  if (!form.methods) return { missing: "家屋の一覧を取り直すと、この端末で区分を計算します。", lines: [] };
  const rank = (key) => form.classes.findIndex((each) => each.key === key);
  const nameOf = (key) => form.classes[rank(key)].name;
  const found = [];
  const lines = [];
  let parts = [];
  const say = (method, key, line, { confirmed = true, percent = null } = {}) => {
    found.push({ method, key, percent, confirmed });
    lines.push(`${line} → ${nameOf(key)}`);
  };
  const stopped = () => found.some((each) => rank(each.key) === 0 && each.confirmed);

  if (record.collapsed) say("collapsed", form.collapsed.class, "一見して倒壊", form.collapsed);
  if (record.washed_away) say("washed_away", form.washed_away.class, "住家の流失", form.washed_away);
  const tilt = tiltOf(record);
  if (tilt) leansAt(form, record, tilt, say);
  if (form.sinking[record.sunk_to]) say("sinking", form.sinking[record.sunk_to], "潜り込み", { confirmed: form.sinking_confirmed });
  const decided = !stopped() && byDepth(house, form, record, say);
  if (record.lost_floor_share) byFloor(form, exact(record.lost_floor_share), say);
  const ended = decided || stopped();
  if (!ended) {
    if (record.parts) {
      const counted = losses(form, record);
      if (!counted) return { missing: "部位ごとの構成比（合計100％）を入力すると、区分を計算します。", lines };
      parts = counted.parts;
      byParts(form, counted, tilt, say, lines);
    } else if (!found.length) {
      if (!Object.keys(form.sinking).length || (!tilt && !record.sunk_to)) return { missing: missingIn(form, record), lines };
      say("ground_tilt", form.ground_else, "傾斜と潜り込みは半壊の基準に達していない");
    }
  }
  if (record.revision_2025_half && form.revised_to) say("revision", form.revised_to, "改定で加わった半壊の基準に当たる");
  if (!found.length) return { missing: missingIn(form, record), lines };
  const best = found.reduce((one, other) => (rank(other.key) - rank(one.key) || (atLeast(one.percent ?? ZERO, other.percent ?? ZERO) ? 1 : -1)) < 0 ? other : one);
  return { class: best.key, name: nameOf(best.key), method: best.method, percent: best.percent, lines, parts, ended };
}

/** The loss of every part in per cent of the house: {parts: [{key, name, rate, loss, line}], total}. null where a weight is not known. */
export function losses(form, record) {
  const weights = weightsOf(form, record);
  if (!weights) return null;
  const mode = record.rounding || form.rounding;
  const parts = form.parts.filter((part) => weights.has(part.key)).map((part) => (
    lossOf({ ...part, weight: weights.get(part.key) }, record.parts.filter((each) => each.part === part.key), form, mode, record.area_as === "bands")));
  return { parts, total: parts.reduce((sum, part) => plus(sum, part.loss), ZERO) };
}

/** The class that a loss in per cent stands for. */
export function classOf(form, total) {
  return form.classes.find((each) => atLeast(total, exact(each.least)));
}

function weightsOf(form, record) {
  if (form.weights_known) return new Map(form.parts.map((part) => [part.key, exact(part.weight)]));
  const given = Object.entries(record.weights ?? {}).map(([key, weight]) => [key, exact(weight)]);
  const whole = given.reduce((sum, [, weight]) => plus(sum, weight ?? ZERO), ZERO);
  const known = new Map(given);
  const complete = given.every(([, weight]) => weight) && atLeast(whole, HUNDRED) && atLeast(HUNDRED, whole);
  return complete && record.parts.every((each) => known.has(each.part)) ? known : null;
}

function tiltOf(record) {
  if (!record.tilt_mm) return null;
  const corners = record.tilt_mm.map(exact);
  const plumb = exact(record.plumb_mm ?? "1200");
  if (corners.some((each) => !each) || !plumb?.[0]) return null;
  return divided(corners.reduce(plus, ZERO), times([BigInt(corners.length), 1n], plumb));
}

function leansAt(form, record, tilt, say) {
  const row = form.leaning.find((each) => atLeast(tilt, exact(each.least)));
  if (row) say("ground_tilt", row.class, `一体的な傾斜の平均 ${ratioOf(tilt)}`, { confirmed: form.leaning_confirmed });
  const settled = exact(record.settlement_m ?? "");
  const stop = form.tilts.find((each) => atLeast(tilt, exact(each.least))
    && (each.settlement_m === null || (settled && atLeast(settled, exact(each.settlement_m)))));
  if (stop) say("tilt", stop.class, `傾斜の平均 ${ratioOf(tilt)} ≧ ${ratioOf(exact(stop.least))}`, stop);
}

function byDepth(house, form, record, say) {
  const depths = (record.depths_above_floor_m ?? []).map(exact);
  if (!form.depth || !(depths.length || record.below_floor) || depths.some((each) => !each)) return false;
  const rule = form.depth[record.external_force ? "force" : "inland"];
  if (!rule || !house.detached || house.storeys > rule.storeys) return false;
  if (!depths.length) {
    say("depth", rule.below_floor, "浸水深：床下", rule);
    return true;
  }
  const lowest = depths.reduce(least);
  const row = rule.rows.find((each) => atLeast(lowest, exact(each.least)));
  say("depth", row.class, `浸水深（最も浅い部分）：床上 ${shown(lowest)}m ≧ ${shown(exact(row.least))}m（外力による損傷${record.external_force ? "あり" : "なし"}）`, rule);
  return true;
}

function byFloor(form, share, say) {
  const row = form.classes.find((each) => each.lost_floor !== null && atLeast(share, exact(each.lost_floor))) ?? form.classes.at(-1);
  say("lost_floor", row.key, `損壊した床面積の割合 ${shown(times(share, HUNDRED))}％`);
}

function byParts(form, { parts, total }, tilt, say, lines) {
  lines.push(...parts.map((part) => part.line));
  for (const rule of form.rates) {
    const part = parts.find((each) => each.key === rule.part);
    if (part && atLeast(part.rate, exact(rule.least))) say("rate", rule.class, `${part.name}の損傷率 ${shown(times(part.rate, HUNDRED))}％`);
  }
  for (const rule of tilt ? form.tilt_parts : []) {
    const part = parts.find((each) => each.key === rule.part);
    if (!part || !atLeast(tilt, exact(rule.least))) continue;
    const other = plus(minus(total, part.loss), exact(rule.loss));
    if (!atLeast(total, other)) say("tilt_part", classOf(form, other).key, `傾斜 ${ratioOf(tilt)} を${part.name}に代えた合計 ${shown(other)}％`, { percent: other });
  }
  say("parts", classOf(form, total).key, `損害割合の合計：${parts.map((part) => shown(part.loss)).join("＋")} ＝ ${shown(total)}％`, { percent: total });
}

function missingIn(form, record) {
  return "external_force" in record ? "浸水深か、部位の損傷を入力すると、区分を計算します。" : "傾斜か、部位の損傷を入力すると、区分を計算します。";
}

function lossOf(part, seen, form, mode, banded) {
  const cell = (share) => (mode === "half_up_per_cell" ? [wholeBelow(plus(share, HALF)), 1n] : share);
  let rate = ZERO;
  let loss = ZERO;
  let said = "損傷なし";
  const given = seen.filter((each) => each.loss_percent !== undefined);
  if (part.by_length && seen.length) {
    [rate, said] = alongOf(seen[0], form);
    loss = finished(part, cell(times(part.weight, rate)), mode);
  } else if (given.length) {
    // What the form of the survey adds up itself is taken as it is.
    loss = least(given.reduce((sum, each) => plus(sum, exact(each.loss_percent) ?? ZERO), ZERO), part.weight);
    rate = part.weight[0] ? divided(loss, part.weight) : ZERO;
    said = "調査票の損害割合";
  } else if (seen.length) {
    const cells = seen.map((each) => [each.degree, bandOf(exact(each.area) ?? ZERO, form, banded)]);
    rate = least(cells.reduce((sum, [degree, share]) => plus(sum, times(exact(form.degrees[degree]), share)), ZERO), ONE);
    loss = finished(part, cells.reduce((sum, [degree, share]) => plus(sum, cell(times(part.weight, times(exact(form.degrees[degree]), share)))), ZERO), mode);
    said = cells.map(([degree, share]) => `程度${form.degree_names[degree]} ${shown(times(exact(form.degrees[degree]), HUNDRED))}％×${shown(times(share, HUNDRED))}％`).join("＋");
  }
  return { key: part.key, name: part.name, rate, loss, line: `${part.name}（${shown(part.weight)}％）：${said} ＝ ${shown(loss)}％` };
}

/** The rate of damage along the foundation, and its words. While its length is still missing nothing is lost. */
function alongOf(each, form) {
  const marks = plus(exact(each.cracks ?? "0") ?? ZERO, exact(each.spalls ?? "0") ?? ZERO);
  const metres = plus(exact(each.length_m ?? "0") ?? ZERO, times(marks, exact(form.metres_each)));
  const whole = exact(each.perimeter_m ?? "") ?? ZERO;
  const rate = whole[0] ? least(divided(metres, whole), ONE) : ZERO;
  return [rate, `${shown(metres)}m÷外周 ${shown(whole)}m`];
}

function bandOf(share, form, banded) {
  if (!banded || !share[0]) return share;
  return exact(form.bands.find((bound) => atLeast(exact(bound), share)) ?? "1");
}

function finished(part, loss, mode) {
  const within = least(loss, part.weight);
  return mode === "truncate" ? [wholeBelow(within), 1n] : within;
}
