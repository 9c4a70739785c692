// Small comforts on top of pages that work without this file.
(() => {
  "use strict";
  const $$ = (selector, root = document) => root.querySelectorAll(selector);

  // Menus close with Escape (focus goes home) and with a press elsewhere.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of $$("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of $$("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (event.target.closest?.("[data-print]")) window.print();
  });

  // A plain form is sent once, however often the button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of $$("form[data-sent]")) delete form.dataset.sent;
  });

  // The time left to undo, beside the sentence that says until when.
  const countDown = () => {
    for (const bar of $$(".undo-bar[data-until]")) {
      const left = bar.querySelector(".undo-left");
      const minutes = Math.ceil((Date.parse(bar.dataset.until) - Date.now()) / 60000);
      left.textContent = minutes > 0 ? `(${minutes} ${left.dataset.minutes})` : left.dataset.over;
      if (minutes > 0) continue;
      for (const part of $$("button, .undo-until", bar)) part.hidden = true;
    }
  };
  setInterval(countDown, 15000);

  // Filters lie open where there is room beside the list.
  const ready = (root) => {
    const wide = window.matchMedia("(min-width: 60em)").matches;
    if (wide) for (const facet of $$("details.facet, details.narrow", root)) facet.open = true;
    if (navigator.geolocation) for (const form of $$("form.here", root)) form.hidden = false;
    for (const button of $$("[data-print]", root)) button.hidden = false;
    countDown();
  };
  ready(document);

  // After a swap, the reader's place is kept: an error first, else the new part.
  const say = (text) => {
    const notice = document.getElementById("notice");
    const box = document.createElement("div");
    box.className = "notice tone-bad";
    box.textContent = text;
    notice.replaceChildren(box);
    notice.scrollIntoView({ block: "nearest" });
  };
  // What the reader folded out stays so when its part of the page is new.
  let unfolded = [];
  document.addEventListener("htmx:before:swap", (event) => {
    const target = event.detail?.ctx?.target;
    unfolded = target?.querySelectorAll ? [...$$("details[id][open]", target)].map((one) => one.id) : [];
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail?.ctx?.target;
    const place = (target?.id && document.getElementById(target.id)) || target;
    if (!place?.isConnected) return;
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    if (place.classList.contains("suggestions")) return;
    ready(place);
    if (place.id === "notice") place.scrollIntoView({ block: "nearest" });
    const summary = place.querySelector(".error-summary");
    if (summary) return summary.focus();
    if (document.activeElement !== document.body || place.id === "notice") return;
    if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  });
  // Arrows go from what is typed to what it may become; Escape goes back.
  document.addEventListener("keydown", (event) => {
    const list = event.target.closest?.(".suggestions") ?? event.target.closest?.(".search-box")?.nextElementSibling;
    if (!list?.matches(".suggestions")) return;
    const links = [...$$("a", list)];
    const at = links.indexOf(event.target);
    const input = list.previousElementSibling.querySelector(".search-input");
    if (event.key === "Escape" && links.length) {
      input.focus();
      list.replaceChildren();
    } else if (event.key === "ArrowDown" && links[at + 1]) links[at + 1].focus();
    else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] ?? input).focus();
    else return;
    event.preventDefault();
  });

  // Where somebody is, asked for after a press, rounded to some hundred metres.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form.here") || form.elements.near.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.near.value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
        form.requestSubmit();
      },
      () => say(form.dataset.failed),
      { timeout: 10000, maximumAge: 60000 },
    );
  }, { capture: true });

  document.addEventListener("htmx:finally:request", (event) => {
    const button = event.detail?.ctx?.sourceEvent?.submitter;
    setTimeout(() => {
      if (document.activeElement === document.body && button?.isConnected) button.focus();
    });
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { response } = event.detail.ctx;
    if (response.status < 500 || response.headers.get("HX-Retarget")) return;
    event.preventDefault();
    say(document.getElementById("notice").dataset.broken);
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail?.ctx?.response) return;
    say(document.getElementById("notice").dataset.offline);
  });
})();
