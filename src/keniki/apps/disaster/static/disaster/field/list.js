/* The list of names (名簿) on this device: searched without network, by shelter. */

import { button, field, h, show } from "./dom.js";
import { people } from "./people.js";

const AT_ONCE = 100;

/** The view; `app` has journal, place(), open(entity). */
export function listView(app) {
  let all = people(app.journal);
  const search = field("氏名・カナ・番号で探す", { type: "search", autocomplete: "off" });
  const where = field("範囲", { options: [["here", "この避難所"], ["all", "この端末にある全員"], ["conflicts", "食い違いのある人"]] });
  const list = h("ul", { class: "field-list" });
  const found = h("p", { role: "status" });
  let most = AT_ONCE;
  const draw = () => {
    const words = search.input.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    const rows = all
      .filter((each) => where.input.value === "all" || (where.input.value === "conflicts" ? each.conflicts.length : each.presence?.place === app.place() || !each.presence))
      .filter((each) => words.every((word) => each.found.includes(word)))
      .sort((a, b) => (a.value("kana") ?? a.name).localeCompare(b.value("kana") ?? b.name, "ja"));
    found.textContent = `${rows.length}人`;
    show(list, rows.slice(0, most).map((each) => h("li", {}, h("button", { type: "button", click: () => app.open(each.entity) },
      h("strong", {}, each.name), h("span", {}, each.value("kana") ?? ""), h("span", {}, each.stateWords), each.conflicts.length ? h("span", { class: "badge is-warning" }, "食い違い") : null))));
    show(more, rows.length > most ? button("続きを表示", () => { most += AT_ONCE; draw(); }, "is-quiet") : null);
  };
  const more = h("p");
  for (const each of [search.input, where.input]) each.addEventListener("input", () => { most = AT_ONCE; draw(); });
  // What others wrote comes in while somebody looks at the list; what was typed into the search stays.
  app.journal.addEventListener("change", function again() {
    if (!list.isConnected) {
      app.journal.removeEventListener("change", again);
      return;
    }
    all = people(app.journal);
    draw();
  });
  draw();
  return [h("h2", { tabindex: "-1" }, "名簿"), search.node, where.node, found, list, more];
}
