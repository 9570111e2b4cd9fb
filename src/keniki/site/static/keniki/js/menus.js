/* Menus made of <details>: closed by Escape, by a click elsewhere and when another one opens. Sources too. */

const MENUS = "details[data-menu], details.source";

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(MENUS)) {
    if (open.open && !open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.(MENUS);
  if (!open?.open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
