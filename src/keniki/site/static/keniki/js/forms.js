/* Forms: a warning before unsaved changes are lost, one submission only, errors brought to the user. */

const changed = new Set();

function state(form) {
  return new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name : value])).toString();
}

function watch(form) {
  if (form.dataset.watched) return;
  form.dataset.watched = "1";
  const first = state(form);
  const note = form.querySelector("[data-unsaved-note]");
  const check = () => {
    const differs = state(form) !== first;
    if (differs) changed.add(form);
    else changed.delete(form);
    if (note) note.hidden = !differs;
  };
  if (form.querySelector(".error-summary, .conflict")) changed.add(form);
  form.addEventListener("input", check);
  form.addEventListener("change", check);
  form.addEventListener("keniki:rows", check);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  changed.delete(form);
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

addEventListener("beforeunload", (event) => {
  for (const form of changed) if (!form.isConnected) changed.delete(form);
  if (changed.size) event.preventDefault();
});

function prepare(root) {
  for (const form of root.querySelectorAll("form[data-unsaved]")) watch(form);
  root.querySelector(".error-summary[data-autofocus]")?.focus();
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target.parentElement ?? document));
