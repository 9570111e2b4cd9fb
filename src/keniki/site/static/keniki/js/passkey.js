/* Passkeys: shown where the browser can use them, else the reason. The ceremony itself is allauth's webauthn.js. */

for (const box of document.querySelectorAll("[data-passkey]")) {
  const part = (name) => box.querySelector(`[data-${name}]`);
  if (!window.isSecureContext) {
    part("insecure").hidden = false;
    continue;
  }
  if (!window.PublicKeyCredential) {
    part("unsupported").hidden = false;
    continue;
  }
  const { passkey, button, credential, options, passwordless } = box.dataset;
  part("ready").hidden = false;
  part("ready").addEventListener("click", () => { part("failed").hidden = true; }, true);
  window.allauth.webauthn.forms[`${passkey}Form`]({ ids: { [passkey]: button, credential, data: options, passwordless } });
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    part("failed").hidden = false;
  });
}
