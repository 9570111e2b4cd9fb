/* Tables: sort, search, copy as TSV, download as CSV, print. Without this file the table is complete. */

const READY = "tableReady";
const LONG = 12;
const ERAS = { 明治: 1867, 大正: 1911, 昭和: 1925, 平成: 1988, 令和: 2018, M: 1867, T: 1911, S: 1925, H: 1988, R: 2018 };
const ERA = /^(明治|大正|昭和|平成|令和|[MTSHR])(元|\d+)(?:(?:年度|年|\.|$)(?:(\d+)(?:月|\.|$))?(?:(\d+)日?)?(?: (\d+):(\d+))?)/;
const FORMULA = /^[=+@\t\r]|^-(?![\d.,]+$)/;

/** What a cell says as data: `data-value`, else its visible words; an amount without separators and with `-`. */
function cellText(cell) {
  if (cell.dataset.value !== undefined) return cell.dataset.value;
  const copy = cell.cloneNode(true);
  for (const extra of copy.querySelectorAll(".sr-only, .source-panel, svg, button")) extra.remove();
  for (const unit of copy.querySelectorAll(".unit")) unit.textContent = `（${unit.textContent.trim()}）`;
  for (const block of copy.querySelectorAll("div, p, li, br, dt, dd, .meta, .badge")) block.before(" ");
  const text = copy.textContent.replace(/\s+/g, " ").trim();
  return /^[▲-]?\d{1,3}(,\d{3})*(\.\d+)?$/.test(text) ? text.replace("▲", "-").replaceAll(",", "") : text;
}

/** Rows of texts, spans filled by repeating nothing: every row has as many cells as the table has columns. */
function matrix(table) {
  const rows = [];
  [...table.rows].forEach((row, y) => {
    if (row.hidden) return;
    rows[y] ??= [];
    let x = 0;
    for (const cell of row.cells) {
      while (rows[y][x] !== undefined) x += 1;
      for (let dy = 0; dy < cell.rowSpan; dy += 1) {
        for (let dx = 0; dx < cell.colSpan; dx += 1) {
          rows[y + dy] ??= [];
          rows[y + dy][x + dx] = dx || dy ? "" : cellText(cell);
        }
      }
      x += cell.colSpan;
    }
  });
  return rows.filter((row) => row && row.length);
}

function tsv(table) {
  return matrix(table).map((row) => row.map((text) => text.replace(/[\t\n]/g, " ")).join("\t")).join("\r\n");
}

function csv(table) {
  const cell = (text) => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return `\ufeff${matrix(table).map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** On plain HTTP the clipboard interface is missing, so the old way stays as the second one. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function say(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

function flash(button, text) {
  const label = button.textContent;
  button.textContent = text;
  say(text);
  setTimeout(() => { button.textContent = label; }, 2000);
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", () => act(made));
  return made;
}

function download(figure, table) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv(table)], { type: "text/csv;charset=utf-8" }));
  link.download = `${figure.dataset.file.replace(/[\\/:*?"<>|]/g, "_")}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function printOne(figure) {
  document.body.classList.add("prints-one");
  figure.classList.add("is-printed");
  addEventListener("afterprint", () => {
    document.body.classList.remove("prints-one");
    figure.classList.remove("is-printed");
  }, { once: true });
  print();
}

function addSearch(figure, table, box) {
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "表の中を検索";
  input.setAttribute("aria-label", `${figure.querySelector(".data-table-title").textContent}の中を検索`);
  const found = document.createElement("span");
  found.className = "meta";
  input.addEventListener("input", () => {
    const words = input.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    let [shown, all] = [0, 0];
    for (const body of table.tBodies) {
      for (const row of body.rows) {
        if (isSum(row)) row.hidden = words.length > 0;
        if (isSum(row) || row.matches(".is-group, .is-subgroup")) continue;
        const text = row.textContent.normalize("NFKC").toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        all += 1;
        shown += row.hidden ? 0 : 1;
      }
    }
    if (table.tFoot) table.tFoot.hidden = words.length > 0;
    found.textContent = words.length ? `${all}行のうち${shown}行` : "";
    say(shown ? `${shown}行を表示しています` : "当てはまる行がありません");
  });
  box.append(found, input);
}

/** A sum over all rows, which would be wrong below some of them. */
function isSum(row) {
  return row.classList.contains("is-total");
}

/** A number, or a day or year of an era (R6.5.24 14:05, 令和6年5月24日, 令和6年度) as one that grows with time. */
function size(text) {
  const said = ERA.exec(text);
  if (!said) return Number(text);
  const [, name, year, month, day, hour, minute] = said;
  const parts = [month, day, hour, minute].map((part) => Number(part ?? 0));
  return parts.reduce((sum, part) => sum * 100 + part, ERAS[name] + (year === "元" ? 1 : Number(year)));
}

/** Numbers before words, missing values last in both directions. */
function compare(a, b, sign) {
  const [left, right] = [size(a), size(b)];
  const [leftNone, rightNone] = [a, b].map((text) => text === "" || text === "―" || text === "未入力" || text === "不詳");
  if (leftNone || rightNone) return leftNone - rightNone;
  if (!Number.isNaN(left) && !Number.isNaN(right)) return sign * (left - right);
  return sign * a.localeCompare(b, "ja", { numeric: true });
}

function addSort(table) {
  const heads = [...(table.tHead?.rows ?? [])].at(-1)?.cells ?? [];
  const simple = table.tBodies.length === 1 && table.tHead.rows.length === 1
    && !table.tBodies[0].querySelector("[rowspan]:not([rowspan='1']), [colspan]:not([colspan='1']), .is-group, .is-subgroup, .is-subtotal");
  const paged = table.closest(".data-table").nextElementSibling?.matches(".pagination");
  if (!simple || paged || table.tBodies[0].rows.length < 2) return;
  const original = [...table.tBodies[0].rows];
  [...heads].forEach((head, column) => {
    if (head.dataset.nosort !== undefined || !head.textContent.trim()) return;
    const made = document.createElement("button");
    made.type = "button";
    made.setAttribute("aria-label", `${cellText(head)}で並べ替え`);
    head.append(made);
    head.classList.add("is-sortable");
    made.addEventListener("click", () => {
      const order = { ascending: "descending", descending: "" }[head.getAttribute("aria-sort")] ?? "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      if (order) head.setAttribute("aria-sort", order);
      const sign = order === "descending" ? -1 : 1;
      const rows = order
        ? original.filter((row) => !row.classList.contains("is-total")).sort((a, b) => compare(cellText(a.cells[column]), cellText(b.cells[column]), sign))
        : original;
      table.tBodies[0].append(...rows, ...original.filter((row) => order && row.classList.contains("is-total")));
    });
  });
}

/** A box that cannot scroll need not be a stop of the Tab key. */
function watchScroll(box) {
  const measure = () => {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  new ResizeObserver(measure).observe(box);
  box.addEventListener("scroll", () => box.classList.toggle("is-scrolled", box.scrollLeft > 0), { passive: true });
}

function prepare(root) {
  for (const box of root.querySelectorAll(".table-scroll")) {
    if (box.dataset[READY]) continue;
    box.dataset[READY] = "1";
    watchScroll(box);
    const figure = box.closest("[data-table]");
    const table = box.querySelector("table");
    if (!figure || !table) continue;
    const tools = document.createElement("div");
    tools.className = "table-tools";
    const rows = [...table.tBodies].reduce((sum, body) => sum + body.rows.length, 0);
    const { search } = figure.dataset;
    if (search === "always" || (search === "long" && rows >= LONG)) addSearch(figure, table, tools);
    if ("tools" in figure.dataset) {
      tools.append(
        button("表をコピー", async (self) => flash(self, (await copy(tsv(table))) ? "コピーしました" : "コピーできませんでした")),
        button("CSV", () => download(figure, table)),
        button("印刷", () => printOne(figure)),
      );
    }
    if (tools.children.length) figure.querySelector("figcaption").append(tools);
    if ("sort" in figure.dataset) addSort(table);
  }
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target.parentElement ?? document));
