"use strict";
// Polls for news, as shops do.
let latest = null;
async function poll() {
  let wait = 10000;
  try {
    const answer = await fetch("/shop/notifications" + (latest === null ? "" : "?since=" + latest));
    if (answer.ok) {
      const news = await answer.json();
      latest = news.latest;
      wait = news.next_poll_ms;
      const last = news.items.at(-1);
      if (last) {
        const box = document.getElementById("news") || document.body.appendChild(document.createElement("div"));
        box.id = "news";
        box.textContent = last.text;
      }
    }
  } finally {
    setTimeout(poll, wait);
  }
}
poll();
