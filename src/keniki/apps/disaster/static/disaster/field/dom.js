/* Making elements: no markup is ever built from text. */

/** An element with attributes (functions become listeners by their name, null is left out) and children. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name === "value") made.value = value;
    else if (name === "checked") made.checked = Boolean(value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A button. */
export function button(words, press, kind = "") {
  return h("button", { type: "button", class: `button ${kind}`.trim(), click: press }, words);
}

let numbers = 0;

/** A labelled field: {node, input}. `note` explains it to everybody who comes to it. */
export function field(label, attributes = {}, note = "") {
  numbers += 1;
  const id = `f${numbers}`;
  const { options, ...rest } = attributes;
  const own = { id, "aria-describedby": note ? `${id}-note` : null, ...rest };
  const input = options === undefined
    ? h(rest.rows ? "textarea" : "input", own)
    : h("select", own, options.map(([value, words]) => h("option", { value }, words)));
  if (options !== undefined && rest.value !== undefined) input.value = rest.value;
  const node = h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, label),
    note ? h("div", { class: "field-help", id: `${id}-note` }, note) : null, input);
  return { node, input };
}

/** Check boxes of a group: {node, chosen()}. `every` is {key: words}. */
export function choices(legend, every, chosen = []) {
  const boxes = Object.entries(every).map(([key, words]) => [key, h("input", { type: "checkbox", checked: chosen.includes(key) }), words]);
  const node = h("fieldset", { class: "field" }, h("legend", { class: "field-label" }, legend),
    h("div", { class: "choices is-row" }, boxes.map(([, box, words]) => h("label", { class: "choice" }, box, h("span", {}, words)))));
  return { node, chosen: () => boxes.filter(([, box]) => box.checked).map(([key]) => key) };
}

/** Show these in place of what is there. */
export function show(place, ...children) {
  place.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

/** A moment as ISO 8601 in local time with its offset. */
export function moment(date = new Date()) {
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

/** A moment as people read it: 8月5日 18:00. */
export function clock(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : `${date.getMonth() + 1}月${date.getDate()}日 ${date.getHours()}:${String(date.getMinutes()).padStart(2, "0")}`;
}
