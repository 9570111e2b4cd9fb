/* Everything that was written down on this device or came from the server, folded into what is. What was written down is stored,
   encrypted, before it is shown as done. Several pages of one device share one journal. */

import { Folding, newId } from "../merging.js";
import { moment } from "./dom.js";

const WAITING = "waiting";

export class Journal extends EventTarget {
  /** `about` is {incident, mode, device}. */
  constructor(store, vault, about) {
    super();
    this.store = store;
    this.vault = vault;
    this.about = about;
    this.folding = new Folding(about.incident, about.mode);
    this.waiting = new Map(); // id → event that the server does not have yet
    this.refused = new Map(); // id → {event, reason}
    this.others = new BroadcastChannel(store.name);
    this.others.onmessage = (message) => this.#hear(message.data);
  }

  /** Read all that is stored. */
  async load() {
    for (const box of await this.store.all("boxes")) this.#place(await this.vault.unseal(box), box);
  }

  #place(event, box) {
    const taken = this.folding.add(event);
    this.waiting.delete(event.id);
    if (box.state === WAITING) this.waiting.set(event.id, event);
    if (box.state === "refused") this.refused.set(event.id, { event, reason: box.reason });
    return taken;
  }

  async #hear(ids) {
    for (const id of ids) {
      const box = await this.store.get("boxes", id);
      if (box !== undefined) this.#place(await this.vault.unseal(box), box);
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Write values of an entity's fields down; what stands there now was seen. The event, once it is stored. */
  async write(entity, kind, values, note = "") {
    return (await this.writeAll([[entity, kind, values, note]]))[0];
  }

  /** Write several things down that belong together: all or none is stored. Each is [entity, kind, values, note?]. */
  async writeAll(entries) {
    const at = moment();
    const events = [];
    for (const [entity, kind, values, note = ""] of entries) {
      events.push({
        id: newId(), incident: this.about.incident, mode: this.about.mode, kind, entity, device: this.about.device,
        seq: await this.store.next("seq"), at, fields: this.folding.fieldsFor(entity, values), note,
      });
    }
    const boxes = [];
    for (const event of events) boxes.push({ id: event.id, state: WAITING, seq: event.seq, ...(await this.vault.seal(event)) });
    await this.store.putAll("boxes", boxes);
    events.forEach((event, i) => this.#place(event, boxes[i]));
    this.#tell(events);
    return events;
  }

  /** Take events that came from the server; those known already change nothing. */
  async take(events) {
    const fresh = events.filter((event) => !this.folding.events.has(event.id));
    const boxes = [];
    for (const event of fresh) boxes.push({ id: event.id, state: "server", seq: event.seq, ...(await this.vault.seal(event)) });
    if (!fresh.length) return;
    await this.store.putAll("boxes", boxes);
    fresh.forEach((event, i) => this.#place(event, boxes[i]));
    this.#tell(fresh);
  }

  /** The server has these now; `refused` are [id, reason] it kept aside. */
  async settle(sent, refused) {
    const changes = [...sent.map((id) => [id, { state: "server" }]), ...refused.map(([id, reason]) => [id, { state: "refused", reason }])];
    await this.store.move("boxes", changes);
    for (const [id, reason] of refused) if (this.waiting.has(id)) this.refused.set(id, { event: this.waiting.get(id), reason });
    for (const [id] of changes) this.waiting.delete(id);
    this.others.postMessage(changes.map(([id]) => id));
    this.#changed();
  }

  /** Those who wait for the server, in the order they were written down. */
  unsent() {
    return [...this.waiting.values()].sort((a, b) => a.seq - b.seq);
  }

  /** All that was written down on this device, sent or not. */
  own() {
    const { device } = this.about;
    return [...this.folding.events.values()].map((each) => each.event).filter((event) => event.device === device).sort((a, b) => a.seq - b.seq);
  }

  #tell(events) {
    this.others.postMessage(events.map((event) => event.id));
    this.#changed();
  }
}
