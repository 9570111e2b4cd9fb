/* Chosen photos are shown before they are sent: <input type=file data-preview>. */

function show(input) {
  let box = input.parentElement.querySelector(".photo-preview");
  if (!box) {
    box = document.createElement("div");
    box.className = "photo-preview";
    input.after(box);
  }
  box.replaceChildren(...[...input.files].filter((file) => file.type.startsWith("image/")).map((file) => {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    const caption = document.createElement("figcaption");
    caption.textContent = `${file.name}（${(file.size / 1024 / 1024).toFixed(1)} MB）`;
    figure.append(image, caption);
    return figure;
  }));
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("input[type=file][data-preview]")) show(event.target);
});
