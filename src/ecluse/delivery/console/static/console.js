/* What the pages gain when scripts run. Every task is done without it. */
(() => {
  "use strict";
  const page = document.documentElement;

  const say = (text) => {
    let place = document.getElementById("annonce");
    if (!place) {
      place = document.createElement("p");
      place.id = "annonce";
      place.className = "toast";
      place.setAttribute("role", "status");
      document.body.append(place);
    }
    place.textContent = text;
    place.classList.add("shown");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => place.classList.remove("shown"), 1800);
  };

  /* The clipboard of the browser asks for HTTPS or this machine; elsewhere the older way. */
  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const held = document.createElement("textarea");
    held.value = text;
    held.className = "unseen";
    document.body.append(held);
    held.select();
    document.execCommand("copy");
    held.remove();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button.dataset.copy).then(() => say(button.dataset.copied));
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      const field = document.getElementById("recherche");
      if (field) {
        event.preventDefault();
        field.focus();
        field.select();
      }
    }
    if (event.key === "Escape") {
      const open = event.target.closest && event.target.closest("details[open].menu, details[open].sheet");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
    }
  });

  /* The appearance changes at once; the server is told for the pages to come. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.classList.contains("themes") || !event.submitter) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    page.dataset.theme = body.get("theme");
    for (const one of form.querySelectorAll("button")) {
      if (one === event.submitter) one.setAttribute("aria-pressed", "true");
      else one.removeAttribute("aria-pressed");
    }
    fetch(form.action, { method: "POST", body, redirect: "manual" });
  });

  /* A file is dropped on its frame; without script it is chosen. Too large a file is told before it leaves. */
  for (const frame of document.querySelectorAll("[data-drop]")) {
    const field = frame.querySelector("input[type=file]");
    const fits = () => {
      const file = field.files[0];
      if (!file || !field.dataset.largest || file.size <= Number(field.dataset.largest)) return;
      field.value = "";
      say(frame.dataset.tooLarge);
    };
    field.addEventListener("change", fits);
    for (const kind of ["dragover", "dragleave", "drop"]) {
      frame.addEventListener(kind, (event) => {
        event.preventDefault();
        frame.classList.toggle("over", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files.length) {
          field.files = event.dataTransfer.files;
          fits();
        }
      });
    }
  }

  /* On a small screen, bars and tabs begin at what is shown. */
  for (const here of document.querySelectorAll(".bar-nav [aria-current], .tabs [aria-current]")) {
    const bar = here.closest("ul, .tabs");
    const at = here.getBoundingClientRect().left - bar.getBoundingClientRect().left;
    if (bar.scrollWidth > bar.clientWidth) bar.scrollLeft += at - (bar.clientWidth - here.offsetWidth) / 2;
  }

  /* A form that was refused: its summary is what comes first. */
  const wrong = document.querySelector(".summary[role=alert]");
  if (wrong) wrong.focus();
})();
