/* Sends what waits and fetches what others wrote, whenever there is network; says honestly how it stands. */

const SOON = 1_000;
const AGAIN = 15_000;
const LONGEST = 120_000;
const PATIENCE = 20_000;
const MOST = 200;
const FAST_CLOCK = 5 * 60_000;

export class Refusal extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Ask the server for JSON; `Refusal` where it refuses, TypeError (or a time-out) where it is not reached. */
export async function ask(address, body) {
  const options = { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE), headers: { Accept: "application/json" } };
  if (body !== undefined) {
    const token = document.cookie.split("; ").find((each) => each.startsWith("keniki_csrf="))?.slice("keniki_csrf=".length) ?? "";
    Object.assign(options, { method: "POST", body: body instanceof FormData ? body : JSON.stringify(body) });
    Object.assign(options.headers, { "X-CSRFToken": token }, body instanceof FormData ? {} : { "Content-Type": "application/json" });
  }
  const answer = await fetch(address, options);
  const kind = answer.headers.get("Content-Type") ?? "";
  const said = kind.includes("json") ? await answer.json() : {};
  if (answer.ok && kind.includes("json")) return said;
  // Another page in place of the answer is the log-in, or a network that wants to be logged into.
  throw new Refusal(answer.ok ? 401 : answer.status, said.error?.message ?? "", said.error?.code ?? "");
}

export class Sync extends EventTarget {
  /** `addresses` is {events, send}: GET with device and after; POST with device and events. */
  constructor(journal, addresses) {
    super();
    this.journal = journal;
    this.addresses = addresses;
    this.state = "unknown"; // ok, away, login, refused, fault
    this.message = "";
    this.lastSent = null;
    this.lastHeard = null;
    this.skew = 0;
    this.wait = AGAIN;
    this.timer = undefined;
    this.running = false;
    addEventListener("online", () => this.kick());
    addEventListener("offline", () => this.#say("away"));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.kick(); });
  }

  async start() {
    this.lastSent = (await this.journal.store.get("meta", "lastSent")) ?? null;
    this.lastHeard = (await this.journal.store.get("meta", "lastHeard")) ?? null;
    return this.run();
  }

  /** Something is to be sent: soon. */
  kick() {
    this.wait = AGAIN;
    this.#plan(SOON);
  }

  #plan(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), delay);
  }

  #say(state, message = "") {
    this.state = state;
    this.message = message;
    this.dispatchEvent(new Event("change"));
  }

  /** Send and fetch now, one page of the device at a time. */
  async run() {
    if (this.running) return;
    this.running = true;
    clearTimeout(this.timer);
    try {
      await navigator.locks.request(`${this.journal.store.name} sync`, () => this.#exchange());
      this.wait = AGAIN;
      this.#say("ok");
    } catch (error) {
      if (error instanceof Refusal) {
        const state = error.status === 401 ? "login" : error.status < 500 ? "refused" : "fault";
        this.#say(state, error.message);
      } else {
        this.#say("away");
      }
      this.wait = Math.min(this.wait * 2, LONGEST);
    } finally {
      this.running = false;
      this.#plan(this.journal.waiting.size && this.state === "ok" ? SOON : this.wait);
    }
  }

  async #exchange() {
    const { journal } = this;
    for (let batch = journal.unsent().slice(0, MOST); batch.length; batch = journal.unsent().slice(0, MOST)) {
      const said = await ask(this.addresses.send, { device: journal.about.device, events: batch });
      const refused = new Map(said.refused.map((each) => [each.id, each.reason]));
      const done = new Set([...said.stored, ...said.known]);
      await journal.settle(batch.map((event) => event.id).filter((id) => done.has(id)), [...refused].filter(([id]) => !done.has(id)));
      if (!batch.some((event) => done.has(event.id) || refused.has(event.id))) throw new Refusal(500, "サーバーの返事に、送った記録がありません。");
      this.lastSent = new Date().toISOString();
      await journal.store.put("meta", this.lastSent, "lastSent");
      this.dispatchEvent(new Event("change"));
    }
    for (let more = true; more;) {
      const cursor = (await journal.store.get("meta", "cursor")) ?? "";
      const query = new URLSearchParams({ device: journal.about.device, after: cursor });
      const said = await ask(`${this.addresses.events}?${query}`);
      await journal.take(said.events);
      await journal.store.put("meta", said.cursor, "cursor");
      this.skew = Date.now() - new Date(said.now).getTime();
      more = said.more;
    }
    this.lastHeard = new Date().toISOString();
    await journal.store.put("meta", this.lastHeard, "lastHeard");
  }

  /** How it stands, in one sentence for people. */
  get words() {
    if (this.state === "ok") return Math.abs(this.skew) > FAST_CLOCK ? `つながっています。この端末の時計がサーバーと${Math.round(Math.abs(this.skew) / 60_000)}分ずれています。` : "つながっています。";
    if (this.state === "login") return "ログインの期限が切れました。記録は端末に残っています。もう一度ログインすると送ります。";
    if (this.state === "refused") return `サーバーが受け取りませんでした。${this.message}`;
    if (this.state === "fault") return "サーバーに障害があります。記録は端末に残っています。続けて送り直します。";
    if (this.state === "away") return "通信できません。記録は端末に残し、つながると送ります。";
    return "通信を確かめています。";
  }
}
