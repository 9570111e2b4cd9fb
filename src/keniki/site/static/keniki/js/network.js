/* What did not reach the server is said, never swallowed. */

const TEXTS = {
  403: "この操作は許可されていません。画面を読み直して、理由を確認してください。",
  404: "対象の記録が見つかりません。画面を読み直してください。",
  429: "操作が続いたため、しばらく受け付けられません。少し待ってからやり直してください。",
  503: "データベースに接続できません。保存は完了していません。",
};

function tell(text) {
  let box = document.getElementById("network-error");
  if (!box) {
    box = document.createElement("div");
    box.id = "network-error";
    box.className = "notice is-error is-plain";
    box.setAttribute("role", "alert");
    document.getElementById("main")?.prepend(box);
  }
  box.textContent = text;
  box.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:sendError", () => tell("サーバーに接続できません。保存は完了していません。通信を確認して、もう一度操作してください。"));
document.addEventListener("htmx:timeout", () => tell("時間内に応答がありませんでした。保存されたかどうかを、画面を読み直して確認してください。"));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  tell(TEXTS[status] ?? `サーバーで問題が起きました（${status}）。保存は完了していません。`);
});
