/* A question before what cannot be undone: a submit button with data-confirm="本当に削除しますか。" */

function ask(text, verb, danger) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "confirm-text");
    const title = document.createElement("h2");
    title.id = "confirm-text";
    title.textContent = text;
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    for (const [label, value, look] of [["やめる", "", "button is-secondary"], [verb, "yes", danger ? "button is-danger" : "button"]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = look;
      button.textContent = label;
      button.addEventListener("click", () => dialog.close(value));
      buttons.append(button);
    }
    dialog.append(title, buttons);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  const text = button?.dataset.confirm ?? event.target.dataset.confirm;
  if (!text || event.target.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const verb = (button?.textContent ?? "実行").trim();
  const yes = window.HTMLDialogElement ? await ask(text, verb, button?.classList.contains("is-danger")) : window.confirm(text);
  if (!yes) return;
  event.target.dataset.confirmed = "1";
  event.target.requestSubmit(button);
  delete event.target.dataset.confirmed;
}, true);
