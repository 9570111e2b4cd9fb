/* Tables: sort, search, copy as TSV, download as CSV, print. Without this file the table is complete. */

const READY = "tableReady";
const FORMULA = /^[=+@\t\r]|^-(?![\d.,]+$)/;

/** What a cell says as data: `data-value`, else its visible words; an amount without separators and with `-`. */
function cellText(cell) {
  if (cell.dataset.value !== undefined) return cell.dataset.value;
  const copy = cell.cloneNode(true);
  for (const extra of copy.querySelectorAll(".sr-only, .source-panel, svg")) extra.remove();
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
  input.addEventListener("input", () => {
    const words = input.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies) {
      for (const each of row.rows) {
        const text = each.textContent.normalize("NFKC").toLowerCase();
        each.hidden = !each.classList.contains("is-group") && !words.every((word) => text.includes(word));
        shown += each.hidden ? 0 : 1;
      }
    }
    say(`${shown}行を表示しています`);
  });
  box.append(input);
}

/** Numbers before words, missing values last in both directions. */
function compare(a, b, sign) {
  const [left, right] = [Number(a), Number(b)];
  const [leftNone, rightNone] = [a, b].map((text) => text === "" || text === "―" || text === "未入力" || text === "不詳");
  if (leftNone || rightNone) return leftNone - rightNone;
  if (!Number.isNaN(left) && !Number.isNaN(right)) return sign * (left - right);
  return sign * a.localeCompare(b, "ja");
}

function addSort(table) {
  const heads = [...(table.tHead?.rows ?? [])].at(-1)?.cells ?? [];
  const simple = table.tBodies.length === 1 && table.tHead.rows.length === 1
    && !table.tBodies[0].querySelector("[rowspan]:not([rowspan='1']), [colspan]:not([colspan='1'])");
  if (!simple) return;
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
    if ("search" in figure.dataset) addSearch(figure, table, tools);
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
