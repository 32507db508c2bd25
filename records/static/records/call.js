// The page of one call: sentences play where they were said, and a live call stays current.
"use strict";

(() => {
  const page = document.getElementById("call");
  const player = document.getElementById("player");

  if (player) followPlayer();
  if (page.dataset.live === "true") keepCurrent();

  function followPlayer() {
    const bubbles = [...page.querySelectorAll("button.bubble")];

    page.addEventListener("click", (event) => {
      const bubble = event.target.closest("button.bubble");
      if (!bubble) return;
      player.currentTime = Number(bubble.dataset.ms) / 1000;
      player.play();
    });

    player.addEventListener("timeupdate", () => {
      const ms = player.currentTime * 1000;
      for (const bubble of bubbles) {
        const isNow = !player.ended && ms > 0
          && Number(bubble.dataset.ms) <= ms && ms < Number(bubble.dataset.endMs);
        bubble.classList.toggle("is-playing", isNow);
        if (isNow) bubble.setAttribute("aria-current", "true");
        else bubble.removeAttribute("aria-current");
      }
    });

    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, textarea, select, [contenteditable]")) return;
      if (event.key === "k") player.paused ? player.play() : player.pause();
      else if (event.key === "j") player.currentTime = Math.max(0, player.currentTime - 10);
      else if (event.key === "l") player.currentTime += 10;
      else return;
      event.preventDefault();
    });
  }

  // Asks every three seconds while somebody looks, less often when the server is in trouble.
  function keepCurrent() {
    const shortestMs = 3000;
    const longestMs = 60000;
    let waitMs = shortestMs;

    async function refresh() {
      if (document.hidden) return;
      const response = await fetch(location.href, { signal: AbortSignal.timeout(10000) });
      if (!response.ok || response.redirected) throw new Error(`answered ${response.status}`);
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      if (fresh.getElementById("call").dataset.live !== "true") {
        location.reload();
        return;
      }
      for (const part of page.querySelectorAll("[data-refresh]")) {
        const now = fresh.querySelector(`[data-refresh="${part.dataset.refresh}"]`);
        if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
      }
    }

    async function again() {
      try {
        await refresh();
        waitMs = shortestMs;
      } catch {
        waitMs = Math.min(longestMs, waitMs * 2);
      }
      setTimeout(again, waitMs);
    }

    setTimeout(again, waitMs);
  }
})();
