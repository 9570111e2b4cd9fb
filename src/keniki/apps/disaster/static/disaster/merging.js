/* What happened in an incident, merged on a device: the same registers, joins, headcounts and digests as keniki.analysis.merging.
   Pure functions over events as they are sent; no clock, no network, nothing beyond this file. */

const LARGEST = Number.MAX_SAFE_INTEGER;
const DEEPEST = 16;

/* --- one spelling (RFC 8785) and SHA-256 -------------------------------------------------------------------------- */

/** The canonical JSON text of a value; throws TypeError for what is no JSON. */
export function canonical(value) {
  return spelt(value, 0);
}

function spelt(value, depth) {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === "string") {
    if (!wellFormed(value)) throw new TypeError("broken characters");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value) || Math.abs(value) > LARGEST) throw new TypeError("not a number that can be kept");
    return String(value === 0 ? 0 : value);
  }
  if (depth >= DEEPEST) throw new TypeError("too deep");
  if (Array.isArray(value)) return `[${value.map((item) => spelt(item, depth + 1)).join(",")}]`;
  if (typeof value === "object") {
    const pairs = Object.keys(value).sort().map((name) => `${spelt(name, depth)}:${spelt(value[name], depth + 1)}`);
    return `{${pairs.join(",")}}`;
  }
  throw new TypeError("no JSON");
}

function wellFormed(text) {
  return !/[\ud800-\udfff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ""));
}

const ROUNDS = roundConstants();

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4). */
function roundConstants() {
  const found = [];
  for (let number = 2; found.length < 64; number += 1) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= number && prime; divisor += 1) prime = number % divisor !== 0;
    if (prime) found.push(rootBits(BigInt(number)));
  }
  return Int32Array.from(found);
}

/** floor(cbrt(n) × 2^32) mod 2^32, exact. */
function rootBits(number) {
  const wanted = number << 96n;
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle * middle * middle <= wanted) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}

/** The SHA-256 of a text in UTF-8, 64 hexadecimal digits. Our own: a page on plain HTTP has no crypto.subtle. */
export function sha256(text) {
  const given = new TextEncoder().encode(text);
  const padded = new Uint8Array(((given.length + 8) >> 6 << 6) + 64);
  padded.set(given);
  padded[given.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(given.length / 0x20000000));
  view.setUint32(padded.length - 4, given.length << 3);
  const state = Int32Array.of(
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
  const words = new Int32Array(64);
  for (let start = 0; start < padded.length; start += 64) {
    for (let i = 0; i < 16; i += 1) words[i] = view.getInt32(start + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const a = words[i - 15];
      const b = words[i - 2];
      const low = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
      const high = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
      words[i] = words[i - 16] + low + words[i - 7] + high;
    }
    compress(state, words);
  }
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function turn(word, by) {
  return (word >>> by) | (word << (32 - by));
}

function compress(state, words) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] += word; });
}

/** The SHA-256 of the canonical text of a value. */
export function digest(value) {
  return sha256(canonical(value));
}

/** A new random id (UUID, version 4), also on a page without crypto.randomUUID. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/* --- registers ---------------------------------------------------------------------------------------------------- */

/** The ids of the writes that stand, sorted; `writes` is a Map from event id to {value, seen}. */
export function headsOf(writes) {
  if (writes.size === 1) return [...writes.keys()];
  const gone = new Set();
  for (const { seen } of writes.values()) seen.forEach((id) => gone.add(id));
  const heads = [...writes.keys()].filter((id) => !gone.has(id));
  const reached = reach(writes, heads);
  if (reached.size < writes.size) {
    heads.push(...circles(new Map([...writes].filter(([id]) => !reached.has(id)))));
  }
  return heads.sort();
}

function reach(writes, heads) {
  const waiting = [...heads];
  const found = new Set(waiting);
  while (waiting.length) {
    for (const id of writes.get(waiting.pop()).seen) {
      if (writes.has(id) && !found.has(id)) {
        found.add(id);
        waiting.push(id);
      }
    }
  }
  return found;
}

/** Who replaced each write, as far as known. */
function replacedBy(writes) {
  const by = new Map([...writes.keys()].map((id) => [id, []]));
  for (const id of [...writes.keys()].sort()) {
    for (const seen of writes.get(id).seen) by.get(seen)?.push(id);
  }
  return by;
}

/** The writes of every circle that no write outside it replaced. */
function circles(writes) {
  const by = replacedBy(writes);
  const standing = [];
  const placed = new Set();
  for (const start of finished(writes).reverse()) {
    if (placed.has(start)) continue;
    const circle = new Set([start]);
    const waiting = [start];
    let free = true;
    placed.add(start);
    while (waiting.length) {
      for (const other of by.get(waiting.pop())) {
        if (placed.has(other)) free = free && circle.has(other);
        else {
          placed.add(other);
          circle.add(other);
          waiting.push(other);
        }
      }
    }
    if (free) standing.push(...circle);
  }
  return standing;
}

function finished(writes) {
  const order = [];
  const entered = new Set();
  for (const start of [...writes.keys()].sort()) {
    if (entered.has(start)) continue;
    entered.add(start);
    const walk = [[start, 0]];
    while (walk.length) {
      const step = walk[walk.length - 1];
      const { seen } = writes.get(step[0]);
      while (step[1] < seen.length && (!writes.has(seen[step[1]]) || entered.has(seen[step[1]]))) step[1] += 1;
      if (step[1] === seen.length) {
        order.push(step[0]);
        walk.pop();
      } else {
        entered.add(seen[step[1]]);
        walk.push([seen[step[1]], 0]);
      }
    }
  }
  return order;
}

/** The register of a field: `heads` (Map id → value), `values` (the different ones), `conflict`, `value`, `seen`. */
export function registerOf(writes) {
  const seen = headsOf(writes);
  const heads = new Map(seen.map((id) => [id, writes.get(id).value]));
  const different = new Map([...heads.values()].map((value) => [canonical(value), value]));
  const values = [...different.keys()].sort().map((text) => different.get(text));
  return { heads, values, conflict: values.length > 1, value: values.length === 1 ? values[0] : null, seen };
}

/* --- entities and the state --------------------------------------------------------------------------------------- */

/** The digest of an event as sent: of the fields a device writes, whatever the server added. */
export function eventDigest(event) {
  const { id, incident, mode, kind, entity, device, seq, at, fields, note } = event;
  return digest({ id, incident, mode, kind, entity, device, seq, at, fields, note });
}

/** The state of an incident to which events are added in any order, each any number of times. */
export class Folding {
  constructor(incident, mode) {
    this.incident = incident;
    this.mode = mode;
    this.events = new Map(); // id → {event, digest}
    this.clashes = new Map(); // id → Set of digests
    this.refused = new Set();
    this.byEntity = new Map(); // entity → Map id → {event, digest}
    this.folded = new Map(); // entity → what it is, as long as nothing was added
    this.together = undefined; // what `joined` gave, as long as nothing was added
    this.pieces = new Map(); // name → what `joined` last gave of it; used again while none of its members changed
    this.changed = new Set(); // entities added to since then
    this.names = new Map(); // member → name of what it is joined with, where that is another
    this.tallies = new WeakMap(); // what a person counts for, as long as nothing of the person changed
  }

  /** Take an event: "taken", "known", "clash" (another content under a known id) or "refused" (other mode or incident). */
  add(event) {
    if (event.incident !== this.incident || event.mode !== this.mode) {
      this.refused.add(event.id);
      return "refused";
    }
    const taken = { event, digest: eventDigest(event) };
    const known = this.events.get(event.id);
    if (known === undefined) {
      this.#place(taken);
      return "taken";
    }
    const digests = this.clashes.get(event.id);
    if (taken.digest === known.digest || digests?.has(taken.digest)) return "known";
    if (digests) digests.add(taken.digest);
    else this.clashes.set(event.id, new Set([known.digest, taken.digest]));
    this.#forget(known.event.entity);
    if (taken.digest < known.digest) {
      const others = this.byEntity.get(known.event.entity);
      others.delete(event.id);
      if (!others.size) this.byEntity.delete(known.event.entity);
      this.#place(taken);
    }
    return "clash";
  }

  #place(taken) {
    const { id, entity } = taken.event;
    this.events.set(id, taken);
    if (!this.byEntity.has(entity)) this.byEntity.set(entity, new Map());
    this.byEntity.get(entity).set(id, taken);
    this.#forget(entity);
  }

  #forget(entity) {
    this.folded.delete(entity);
    this.together = undefined;
    this.changed.add(entity);
  }

  /** What stands of an entity by itself: {writes, registers, digest}; undefined when nothing is known of it. */
  entity(name) {
    const events = this.byEntity.get(name);
    if (events === undefined) return undefined;
    if (!this.folded.has(name)) this.folded.set(name, this.#fold(name, events));
    return this.folded.get(name);
  }

  #fold(name, events) {
    const writes = new Map();
    const clashes = {};
    for (const id of [...events.keys()].sort()) {
      for (const [field, write] of Object.entries(events.get(id).event.fields)) {
        if (!writes.has(field)) writes.set(field, new Map());
        writes.get(field).set(id, write);
      }
      if (this.clashes.has(id)) clashes[id] = [...this.clashes.get(id)].sort();
    }
    const registers = new Map([...writes.keys()].sort().map((field) => [field, registerOf(writes.get(field))]));
    const found = {
      entity: name,
      incident: this.incident,
      mode: this.mode,
      events: [...events.keys()].sort(),
      clashes,
      fields: Object.fromEntries([...registers].map(([field, register]) => [field, [...register.heads]])),
    };
    return { writes, registers, digest: digest(found) };
  }

  /** SHA-256 of the whole: equal exactly for those who know the same events. */
  get digest() {
    const names = [...this.byEntity.keys()].sort();
    return digest({
      incident: this.incident,
      mode: this.mode,
      clashes: Object.fromEntries([...this.clashes].map(([id, digests]) => [id, [...digests].sort()])),
      entities: names.map((name) => [name, this.entity(name).digest]),
    });
  }

  /** What was entered, each thing once: Map from its name to what it is, those said to be the same joined. */
  joined() {
    this.together ??= this.#joined();
    return this.together;
  }

  #joined() {
    const sure = [];
    const unsure = [];
    for (const name of this.byEntity.keys()) {
      const entity = this.entity(name);
      const register = entity.registers.get("same_as");
      if (register === undefined || voided(entity).void) continue;
      const pairs = [...register.heads.values()].filter((other) => other !== null).map((other) => [name, other]);
      (register.conflict ? unsure : sure).push(...pairs);
    }
    const every = grouped([...sure, ...unsure]);
    const apart = unsure.length ? grouped(sure) : every;
    const disputed = new Set(unsure.flat());
    const groups = new Map();
    for (const name of this.byEntity.keys()) if (!every.has(name)) groups.set(name, [name]);
    for (const members of every.values()) groups.set(members[0], members);
    const pieces = new Map();
    this.names = new Map();
    for (const name of [...groups.keys()].sort()) {
      const members = groups.get(name);
      const unsure = members.some((member) => disputed.has(member));
      const known = this.pieces.get(name);
      const stays = known !== undefined && !unsure && !known.unsureJoin && sameMembers(known.members, members)
        && !members.some((member) => this.changed.has(member));
      pieces.set(name, stays ? known : this.#join(members, apart, unsure));
      for (const member of members) if (member !== name) this.names.set(member, name);
    }
    this.changed.clear();
    this.pieces = pieces;
    return pieces;
  }

  /** The name of what an entity is joined with; its own when it is alone or unknown. */
  nameOf(entity) {
    this.joined();
    return this.names.get(entity) ?? entity;
  }

  #join(members, apart, unsureJoin) {
    const known = members.map((name) => this.entity(name)).filter((entity) => entity !== undefined);
    const gone = known.map(voided);
    const isVoid = known.length > 0 && gone.every((each) => each.void);
    const counting = isVoid ? known : known.filter((_, i) => !gone[i].void);
    const unsureVoid = !isVoid && gone.some((each) => each.unsure);
    let parts = [members];
    if (unsureJoin) {
      const found = new Map(members.map((name) => (apart.get(name) ?? [name])).map((part) => [part.join(" "), part]));
      parts = [...found.keys()].sort().map((key) => found.get(key));
    }
    const registers = merged(counting);
    const conflicts = [...registers].filter(([, register]) => register.conflict).map(([field]) => field);
    if (unsureVoid) conflicts.push("void");
    if (unsureJoin) conflicts.push("same_as");
    return { name: members[0], members, registers, void: isVoid, unsureVoid, unsureJoin, parts, conflicts: conflicts.sort() };
  }

  /** Headcounts by place (the key null: at no shelter) and in total: {low, high, away, expected, unsure}. */
  headcounts() {
    const everything = this.joined();
    const together = [...this.names.keys()].some((member) => member.startsWith("shelter:"));
    const places = new Map();
    const total = tally();
    for (const [name, person] of everything) {
      if (!name.startsWith("person:") || person.void) continue;
      // Where shelters are joined a place may get another name without anything new of the person.
      const known = together ? undefined : this.tallies.get(person);
      const counts = known ?? this.#counts(person);
      if (!together && !person.unsureJoin) this.tallies.set(person, counts);
      for (const [place, low, high, state] of counts) {
        let tallied = total;
        if (place !== EVERYWHERE) {
          if (!places.has(place)) places.set(place, tally());
          tallied = places.get(place);
        }
        if (state) tallied[state] += 1;
        else count(tallied, name, low, high);
      }
    }
    return { places, total };
  }

  /** What a person counts for: [place or EVERYWHERE, surely there, at most so many, or "away" or "expected"]. */
  #counts(person) {
    const nameOf = (entity) => this.names.get(entity) ?? entity;
    const said = meant(person.registers.get("presence"), nameOf);
    if (!said.size) return [];
    const parts = person.unsureJoin ? person.parts.map((part) => meant(this.#presence(part), nameOf)) : [said];
    const sure = !person.unsureVoid;
    const all = [...said.values()];
    const somebody = parts.filter((part) => [...part.values()].some(([where]) => where === "in")).length;
    const counts = [[EVERYWHERE, sure && all.every(([where]) => where === "in"), somebody, ""]];
    const here = new Set([said, ...parts].flatMap((part) => [...part.values()])
      .filter(([where]) => where === "in").map(([, place]) => place));
    for (const place of here) {
      const key = canonical(["in", place]);
      counts.push([place, sure && said.size === 1 && said.has(key), parts.filter((part) => part.has(key)).length, ""]);
    }
    if (sure && said.size === 1 && !person.unsureJoin && ["away", "expected"].includes(all[0][0])) {
      counts.push([all[0][1], false, 0, all[0][0]], [EVERYWHERE, false, 0, all[0][0]]);
    }
    return counts;
  }

  #presence(part) {
    const known = part.map((name) => this.entity(name)).filter((entity) => entity !== undefined);
    return merged(known.filter((entity) => !voided(entity).void)).get("presence");
  }

  /** The fields of an event by which somebody writes `values` ({field: value}) to `entity`, having seen what stands there now. */
  fieldsFor(entity, values) {
    const own = this.entity(entity)?.registers ?? new Map();
    const shared = this.joined().get(this.nameOf(entity))?.registers ?? new Map();
    return Object.fromEntries(Object.entries(values).map(([field, value]) => {
      const register = (OWN.has(field) ? own : shared).get(field);
      return [field, { value, seen: register === undefined ? [] : register.seen }];
    }));
  }
}

const OWN = new Set(["void", "same_as"]);
const EVERYWHERE = Symbol("everywhere");

const sameMembers = (some, others) => some.length === others.length && some.every((each, i) => each === others[i]);

function voided(entity) {
  const register = entity.registers.get("void");
  if (register === undefined) return { void: false, unsure: false };
  const said = new Set([...register.heads.values()].map((value) => value.value));
  return { void: said.size === 1 && said.has(true), unsure: said.size > 1 };
}

/** The fields of several entities folded together. */
function merged(entities) {
  const own = ([field]) => !OWN.has(field);
  if (entities.length === 1) return new Map([...entities[0].registers].filter(own));
  const writes = new Map();
  for (const entity of entities) {
    for (const [field, each] of [...entity.writes].filter(own)) {
      if (!writes.has(field)) writes.set(field, new Map());
      each.forEach((write, id) => writes.get(field).set(id, write));
    }
  }
  return new Map([...writes.keys()].sort().map((field) => [field, registerOf(writes.get(field))]));
}

/** The group of everything named in the pairs: Map from member to the sorted group. */
function grouped(pairs) {
  const parent = new Map();
  const top = (name) => {
    if (!parent.has(name)) parent.set(name, name);
    let found = name;
    while (parent.get(found) !== found) found = parent.get(found);
    parent.set(name, found);
    return found;
  };
  for (const pair of pairs) {
    const [low, high] = pair.map(top).sort();
    parent.set(high, low);
  }
  const members = new Map();
  for (const name of [...parent.keys()].sort()) {
    const first = top(name);
    if (!members.has(first)) members.set(first, []);
    members.get(first).push(name);
  }
  return new Map([...members.values()].flatMap((group) => group.map((name) => [name, group])));
}

/** The different states and places people wrote of a presence. */
function meant(register, nameOf) {
  const found = new Map();
  for (const value of register?.heads.values() ?? []) {
    const said = value === null ? ["left", null] : [value.state, value.place ? nameOf(value.place) : null];
    found.set(canonical(said), said);
  }
  return found;
}

function tally() {
  return { low: 0, high: 0, away: 0, expected: 0, unsure: [] };
}

function count(place, name, low, high) {
  place.low += low ? 1 : 0;
  place.high += high;
  if (Number(low) !== high) place.unsure.push(name);
}

/** The state of an incident from its events. */
export function fold(events, incident, mode) {
  const folding = new Folding(incident, mode);
  for (const event of events) folding.add(event);
  return folding;
}
