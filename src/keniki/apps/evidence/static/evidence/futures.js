/* The workbench: each slider moves its number, ticks for all members at once, the state goes with what is saved. */

const form = document.getElementById("workbench");

for (const slider of document.querySelectorAll("input[type=range][data-moves]")) {
  const number = document.getElementById(slider.dataset.moves);
  if (!number) continue;
  slider.hidden = false;
  slider.addEventListener("input", () => { number.value = slider.value; });
  number.addEventListener("input", () => { if (number.value !== "") slider.value = number.value; });
}

for (const buttons of document.querySelectorAll("[data-ticks]")) {
  buttons.hidden = false;
  for (const button of buttons.querySelectorAll("[data-tick]")) {
    button.addEventListener("click", () => {
      for (const box of form.querySelectorAll(`input[name="${buttons.dataset.ticks}"]`)) box.checked = button.dataset.tick === "all";
      form.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

/* What is saved is what the fields say, also when the pictures are still on their way. */
for (const keeping of document.querySelectorAll("form[data-state]")) {
  keeping.addEventListener("submit", () => {
    keeping.elements.state.value = new URLSearchParams(new FormData(form)).toString();
  }, true);
}

/* An answer without complaint takes away those the page opened with. */
form?.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  for (const old of document.querySelectorAll('.error-summary, #workbench ul.field-error')) old.remove();
  for (const field of form.querySelectorAll(".has-error")) field.classList.remove("has-error");
});
