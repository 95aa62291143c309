// A line above everything for what concerns the whole page: the connection, or who is ahead in the queue.
(() => {
  const words = window.humansegWords;
  const SAY_AFTER = 1000; // milliseconds in the queue

  // What the page says. A screen reader reads it out if the element was there before the words, and Gradio's client
  // puts what was there before it away.
  const banner = Object.assign(document.createElement("p"), { id: "connection" });
  banner.setAttribute("role", "status");
  let said = {}; // the sentence of each reason; the last one is shown
  const say = (reason, sentence, milliseconds) => {
    const { [reason]: _, ...others } = said;
    said = sentence ? { ...others, [reason]: sentence } : others;
    if (!banner.isConnected) document.body.append(banner);
    setTimeout(() => {
      const last = Object.values(said).pop() ?? "";
      if (banner.textContent !== last) banner.textContent = last;
    });
    if (milliseconds) setTimeout(() => said[reason] === sentence && say(reason, ""), milliseconds);
  };
  setTimeout(() => say("", ""), SAY_AFTER);
  window.humansegSay = say;

  // Others are ahead in the queue.
  const waiting = new Map();
  addEventListener("humanseg:queue", ({ detail: { event_id, msg, rank, rank_eta } }) => {
    if (msg !== "estimation") waiting.delete(event_id);
    else {
      const since = waiting.get(event_id)?.since ?? Date.now();
      waiting.set(event_id, { since, rank, eta: rank_eta });
      setTimeout(tellQueue, SAY_AFTER);
    }
    tellQueue();
  });
  const tellQueue = () => {
    const long = [...waiting.values()].filter((one) => Date.now() - one.since >= SAY_AFTER && one.rank >= 0);
    const { rank, eta } = long.reduce((a, b) => (b.rank > a.rank ? b : a), { rank: -1 });
    if (rank < 0) return say("queue", "");
    const seconds = eta ? words.about.replace("{left}", eta < 90 ? `${Math.max(1, Math.round(eta))} s` : `${Math.round(eta / 60)} min`) : "";
    return say("queue", words.queue.replace("{ahead}", rank + 1).replace("{about}", seconds));
  };
  addEventListener("humanseg:lost", () => {
    waiting.clear();
    tellQueue();
  });
})();
