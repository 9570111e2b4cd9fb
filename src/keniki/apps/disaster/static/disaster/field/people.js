/* The people and households of a journal as the page shows them. */

import { uuidOf } from "./codes.js";

const STATES = { in: "滞在中", away: "外出中", left: "退所", expected: "受入予定" };

/** What stands of a person: `value(field)`, and what people disagree about. */
export class Person {
  constructor(joined) {
    this.joined = joined;
    this.entity = joined.name;
  }

  value(name) {
    const register = this.joined.registers.get(name);
    return register === undefined || register.conflict ? null : register.values[0] ?? null;
  }

  /** Members of a collection that are said to be so. */
  members(collection) {
    const start = `${collection}.`;
    return [...this.joined.registers.keys()].filter((name) => name.startsWith(start) && this.value(name)).map((name) => name.slice(start.length));
  }

  get name() {
    return this.value("name") ?? "氏名未記入";
  }

  get presence() {
    return this.value("presence");
  }

  get stateWords() {
    if (this.joined.conflicts.includes("presence")) return "食い違い";
    return STATES[this.presence?.state] ?? "不明";
  }

  get conflicts() {
    return this.joined.conflicts;
  }

  /** The text a search goes through. */
  get found() {
    return [this.value("name"), this.value("kana"), this.value("card"), this.value("line"), this.value("phone")].filter(Boolean).join(" ")
      .normalize("NFKC").toLowerCase();
  }
}

/** Everybody, those taken back left out, in the order of their names. */
export function people(journal) {
  return [...journal.folding.joined().values()].filter((each) => each.name.startsWith("person:") && !each.void).map((each) => new Person(each));
}

/** One person by any of their entities. */
export function personOf(journal, entity) {
  const found = journal.folding.joined().get(journal.folding.nameOf(entity));
  return found === undefined || found.void ? null : new Person(found);
}

/** The shelters a device may write of, those the server named and those told of in the incident: [entity, name]. */
export function shelters(journal, data) {
  const named = new Map(data.shelters.filter((each) => each.own).map((each) => [each.entity, each.name]));
  for (const each of journal.folding.joined().values()) {
    if (!each.name.startsWith("shelter:") || each.void || named.has(each.name)) continue;
    const town = each.registers.get("town")?.values[0];
    const name = each.registers.get("name")?.values[0];
    if (name && data.towns.some((one) => one.own && one.code === town)) named.set(each.name, name);
  }
  return [...named];
}

/** The headcount of a place in words. */
export function countWords(journal, place) {
  const count = journal.folding.headcounts().places.get(place);
  if (count === undefined) return "0人";
  return count.low === count.high ? `${count.low}人` : `${count.low}～${count.high}人`;
}

/** A presence at a place since now. */
export function presence(state, place, since, where) {
  return { state, ...(place ? { place } : {}), ...(where ? { where } : {}), since };
}

/** An entity with a new random key. */
export function fresh(kind) {
  return `${kind}:${uuidOf(`${kind} ${Array.from(crypto.getRandomValues(new Uint32Array(8))).join(" ")}`)}`;
}
