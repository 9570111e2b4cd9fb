/* Counting by phone: a count is kept in the browser first, sent when the network allows, and taken off when it has
   arrived. Each carries its own token, so that one sent twice is written once. The camera is used where the browser
   reads QR codes by itself; else the number is typed. */

const form = document.querySelector("form[data-counts]");
const state = document.querySelector("[data-counts-state]");
const list = document.querySelector("[data-counts-list]");
const key = `keniki-counts-${form.dataset.taking}`;
let sending = false;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}

function keep(rows) {
  localStorage.setItem(key, JSON.stringify(rows));
  show();
}

function token() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function show() {
  const rows = kept();
  const waiting = rows.filter((row) => !row.refused).length;
  state.textContent = waiting
    ? `まだ送っていない計数が${waiting}件あります。この端末に残してあり、つながると送ります。この画面を閉じずにおいてください。`
    : "";
  list.replaceChildren(...rows.map((row) => {
    const line = document.createElement("li");
    line.textContent = row.refused
      ? `${row.code}　${row.counted}　受け付けられませんでした：${row.refused}`
      : `${row.code}　${row.counted}　送信待ち`;
    if (row.refused) {
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "button is-quiet is-small";
      drop.textContent = "この行を消す";
      drop.addEventListener("click", () => keep(kept().filter((each) => each.token !== row.token)));
      line.append(" ", drop);
    }
    return line;
  }));
}

async function send() {
  if (sending) return;
  sending = true;
  let arrived = 0;
  try {
    for (const row of kept().filter((each) => !each.refused)) {
      const data = new FormData();
      for (const name of ["code", "counted", "note", "token"]) data.append(name, row[name]);
      data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      let answer;
      try {
        answer = await fetch(form.dataset.counts, { method: "POST", body: data, redirect: "manual" });
      } catch {
        break;
      }
      if (answer.ok) {
        arrived += 1;
        keep(kept().filter((each) => each.token !== row.token));
      } else if (answer.status === 422) {
        const { error } = await answer.json();
        keep(kept().map((each) => (each.token === row.token ? { ...each, refused: error } : each)));
      } else {
        // Logged out, or the server is not well: the count stays here.
        state.textContent = "送れませんでした。ログインし直してから、この画面を開いてください。計数はこの端末に残っています。";
        break;
      }
    }
  } finally {
    sending = false;
  }
  if (arrived && !kept().length) location.assign(location.pathname);
}

form.addEventListener("submit", (event) => {
  const { code, counted, note } = form.elements;
  if (!code.value.trim() || !/^[0-9]+$/.test(counted.value.trim())) return;
  try {
    const row = { code: code.value.trim(), counted: counted.value.trim(), note: note.value, token: token() };
    keep([...kept(), row]);
  } catch {
    return; // The browser keeps nothing: the form is sent as it is.
  }
  event.preventDefault();
  form.removeAttribute("data-unsaved");
  for (const field of [code, counted, note]) field.value = "";
  code.focus();
  send();
});

function reader() {
  const start = document.querySelector("[data-scan-start]");
  const view = document.querySelector("[data-scan-view]");
  const video = document.querySelector("[data-scan-video]");
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  document.querySelector("[data-scan]").hidden = false;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  start.addEventListener("click", async () => {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      state.textContent = "カメラを使えません。ロット番号を入力してください。";
      return;
    }
    view.hidden = false;
    video.srcObject = stream;
    await video.play();
    const look = async () => {
      const [found] = await detector.detect(video);
      if (!found) {
        requestAnimationFrame(look);
        return;
      }
      stream.getTracks().forEach((track) => track.stop());
      view.hidden = true;
      form.elements.code.value = found.rawValue.replace(/\/$/, "").split("/").pop();
      form.elements.counted.focus();
    };
    look();
  });
}

reader();
show();
send();
window.addEventListener("online", send);
setInterval(send, 15000);
