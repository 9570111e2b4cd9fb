/* Beside every date input its day in words: 令和6年5月24日（金）. The server writes the first one. */

const words = new Intl.DateTimeFormat("ja-JP-u-ca-japanese", {
  era: "long", year: "numeric", month: "long", day: "numeric", weekday: "short", timeZone: "UTC",
});

function note(input) {
  const known = input.id && document.querySelector(`[data-era="${CSS.escape(input.id)}"]`);
  if (known) return known;
  const made = document.createElement("span");
  made.className = "era-note";
  made.dataset.era = input.id;
  input.after(made);
  return made;
}

function tell(input) {
  const day = input.valueAsDate;
  const text = day ? words.format(day).replace("(", "（").replace(")", "）") : "";
  const place = note(input);
  if (place.textContent !== text) place.textContent = text;
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("input[type=date]")) tell(event.target);
});

function prepare(root) {
  for (const input of root.querySelectorAll("input[type=date]")) if (input.value) tell(input);
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target.parentElement ?? document));
