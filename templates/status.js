"use strict";

// Fetches the page anew and puts it in the place of the old one. If that fails, the page says so:
// an old page must not be taken for a calm one.
(() => {
  const EVERY_MS = 5000;
  const WITHIN_MS = 4000;
  const MAY_WAIT_MS = 60000;
  const stale = document.getElementById("stale");
  let current = Date.now();
  let timer;

  const keyed = (root) => root.querySelectorAll("details[data-key]");

  function isInUse() {
    const selection = getSelection();
    return selection !== null && !selection.isCollapsed && Date.now() - current < MAY_WAIT_MS;
  }

  function replace(page) {
    const fresh = page.querySelector("main");
    const old = document.querySelector("main");
    if (fresh === null || old === null) throw new Error("no page");
    if (isInUse()) return;
    const open = new Set([...keyed(old)].filter((part) => part.open).map((part) => part.dataset.key));
    for (const part of keyed(fresh)) part.open = open.has(part.dataset.key);
    old.replaceWith(document.adoptNode(fresh));
    document.title = page.title;
    current = Date.now();
  }

  async function update() {
    clearTimeout(timer);
    try {
      const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(WITHIN_MS) });
      if (!answer.ok) throw new Error(`${answer.status}`);
      replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      stale.hidden = true;
    } catch {
      const seconds = Math.round((Date.now() - current) / 1000);
      stale.textContent = `sigtap does not answer: what stands here is ${seconds} s old, and nothing is known since.`;
      stale.hidden = false;
      document.title = "NO ANSWER – sigtap";
    }
    timer = setTimeout(update, EVERY_MS);
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) update();
  });
  timer = setTimeout(update, EVERY_MS);
})();
