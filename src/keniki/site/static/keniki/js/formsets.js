/* Rows of a formset: adding, and taking away with a button instead of a box to tick. */

function prepareRow(row) {
  const tick = row.querySelector("input[type=checkbox][name$='-DELETE']");
  if (!tick || row.dataset.ready) return;
  row.dataset.ready = "1";
  const field = tick.closest(".field");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button is-quiet is-small";
  const show = () => {
    button.textContent = tick.checked ? "削除を取り消す" : "この行を削除";
    row.classList.toggle("is-removed", tick.checked);
  };
  button.addEventListener("click", () => {
    tick.checked = !tick.checked;
    show();
    row.dispatchEvent(new Event("keniki:rows", { bubbles: true }));
  });
  show();
  field.hidden = true;
  field.after(button);
}

function prepare(root) {
  for (const fieldset of root.querySelectorAll("[data-formset]")) {
    if (fieldset.dataset.ready) continue;
    fieldset.dataset.ready = "1";
    fieldset.querySelectorAll("[data-row]").forEach(prepareRow);
    const add = fieldset.querySelector("[data-add]");
    const template = fieldset.querySelector("template");
    const rows = fieldset.querySelector("[data-rows]");
    if (!add || !template) continue;
    add.hidden = false;
    add.addEventListener("click", () => {
      const total = fieldset.querySelector(`[name="${CSS.escape(fieldset.dataset.formset)}-TOTAL_FORMS"]`);
      const next = Number(total.value);
      const holder = document.createElement("template");
      holder.innerHTML = template.innerHTML.replaceAll("__prefix__", String(next));
      const row = holder.content.firstElementChild;
      rows.append(row);
      total.value = String(next + 1);
      prepareRow(row);
      row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      row.dispatchEvent(new Event("keniki:rows", { bubbles: true }));
    });
  }
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target.parentElement ?? document));
