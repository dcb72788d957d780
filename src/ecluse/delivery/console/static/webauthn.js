// Security keys: answers the forms marked data-webauthn="create" or "get", which wait for a credential in JSON.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const ask = {
    create: (options) => navigator.credentials.create({ publicKey: {
      ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials) } }),
    get: (options) => navigator.credentials.get({ publicKey: {
      ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) } }),
  };

  const told = (credential) => {
    const { response } = credential;
    const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const found = Object.fromEntries(parts.filter((one) => response[one]).map((one) => [one, text(response[one])]));
    if (response.getTransports) found.transports = response.getTransports();
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: found,
      clientExtensionResults: credential.getClientExtensionResults() });
  };

  for (const form of document.querySelectorAll("form[data-webauthn]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    const error = form.querySelector("[data-webauthn-error]");
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      error.textContent = "";
      try {
        const { publicKey } = (({ creation_options, request_options }) => creation_options || request_options)(
          JSON.parse(document.getElementById("webauthn-options").textContent));
        form.elements.credential.value = told(await ask[form.dataset.webauthn](publicKey));
        form.requestSubmit();
      } catch {
        error.textContent = error.dataset.webauthnError;
      }
    });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
