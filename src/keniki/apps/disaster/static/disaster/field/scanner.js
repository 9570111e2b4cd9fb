/* Reading QR codes with the camera: by the browser itself where it can, else by the library that comes with the page. */

import { button, h, show } from "./dom.js";

const EVERY = 150;
const SAME_AGAIN = 3_000;

/** Whether there may be a camera at all. */
export function canScan() {
  return navigator.mediaDevices?.getUserMedia !== undefined;
}

/** Show the camera in `place` and tell `read` every code that is seen; again only after it was out of sight for some seconds.
    The camera stops with the button, and as soon as nobody can see any more what it reads. */
export async function scan(place, read) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch {
    show(place, h("p", { role: "alert" }, "カメラを使えません。番号を手で入力するか、つないだ読取機で読み取ってください。"));
    return;
  }
  const video = h("video", { playsinline: true, muted: true, class: "field-camera", "aria-label": "カメラの映像" });
  video.srcObject = stream;
  const decode = await decoder();
  let last = "";
  let lastAt = 0;
  const shown = h("div", {}, video, h("p", {}, button("カメラを止める", () => shown.remove(), "is-secondary")));
  const seen = () => shown.isConnected && !shown.closest("[hidden]");
  show(place, shown);
  try {
    await video.play();
    while (seen()) {
      const text = video.readyState >= 2 ? await decode(video) : "";
      if (text && seen()) {
        const anew = text !== last || Date.now() - lastAt > SAME_AGAIN;
        last = text;
        lastAt = Date.now();
        if (anew) await read(text);
      }
      await new Promise((resolve) => { setTimeout(resolve, EVERY); });
    }
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    shown.remove();
  }
}

async function decoder() {
  if (globalThis.BarcodeDetector !== undefined && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? "";
  }
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, 640 / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    return globalThis.jsQR(image.data, image.width, image.height)?.data ?? "";
  };
}
