// Says how old the data of the page is, every half minute; the time of the data stands there without it too.
const made = document.querySelector("[data-made-at] time");
const place = document.querySelector("[data-made-at] [data-age]");

function words(seconds) {
  if (seconds < 90) return "（1分以内）";
  if (seconds < 5400) return `（約${Math.round(seconds / 60)}分前）`;
  if (seconds < 172800) return `（約${Math.round(seconds / 3600)}時間前）`;
  return `（約${Math.round(seconds / 86400)}日前）`;
}

function show() {
  const seconds = (Date.now() - Date.parse(made.dateTime)) / 1000;
  place.textContent = words(Math.max(seconds, 0));
}

if (made && place) {
  show();
  setInterval(show, 30000);
}
