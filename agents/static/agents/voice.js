// The page of a voice: hearing it, and the ready wording that follows its language.
// Without this file the button opens the sound in another window, and the wording stays.
"use strict";

(() => {
  const listen = (form) => {
    const button = form.querySelector("button");
    const says = form.querySelector("[data-says]");
    const player = form.querySelector("audio");
    let isBusy = false;
    let address = "";

    const say = (text, isWrong) => {
      says.textContent = text;
      says.classList.toggle("is-wrong", isWrong);
    };

    const fetched = async () => {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (answer.redirected) throw new Error("You are signed out. Sign in again in another window.");
      if ((answer.headers.get("Content-Type") || "").startsWith("audio/")) return answer.blob();
      const isOurs = (answer.headers.get("Content-Type") || "").startsWith("text/plain");
      throw new Error(isOurs ? await answer.text() : "That did not work. Reload the page and try again.");
    };

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isBusy) return;
      isBusy = true;
      button.setAttribute("aria-disabled", "true");
      player.pause();
      const began = Date.now();
      say("Making it…", false);
      const clock = setInterval(() => {
        const seconds = Math.round((Date.now() - began) / 1000);
        if (seconds >= 5 && seconds % 5 === 0) {
          say(`Making it… ${seconds} seconds. A model that is used for the first time is loaded first.`, false);
        }
      }, 1000);
      try {
        const sound = await fetched();
        URL.revokeObjectURL(address);
        address = URL.createObjectURL(sound);
        player.src = address;
        player.hidden = false;
        say(`Made in ${((Date.now() - began) / 1000).toFixed(1)} seconds.`, false);
        await player.play().catch(() => say("Ready. Press play.", false)); // some telephones want a touch
      } catch (error) {
        const isNetwork = error instanceof TypeError;
        say(isNetwork ? "The server did not answer. Try again." : error.message, true);
      } finally {
        clearInterval(clock);
        isBusy = false;
        button.removeAttribute("aria-disabled");
      }
    });
  };

  const follow = (wording) => {
    const language = document.getElementById(`id_${wording.dataset.follows}`);
    const ready = JSON.parse(wording.dataset.ready);
    const readyIn = (code) => ready[code.trim().split("-")[0]] || wording.dataset.otherwise;
    let last = wording.value;
    if (!language) return;
    language.addEventListener("change", () => {
      if (wording.value !== last) return; // somebody has begun to write
      wording.value = last = readyIn(language.value);
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("form.voice-listen").forEach(listen);
    document.querySelectorAll("textarea[data-ready]").forEach(follow);
  });
})();
