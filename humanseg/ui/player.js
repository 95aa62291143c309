// Plays a clip before and after: the one before lies on top, cut off where the lower slider stands.
const find = (name) => element.querySelector(name);
const player = () => find(".clip-player");
const after = () => find("video.after");
const start = () => Number(player()?.dataset.start ?? 0);
// While the part is chosen the clip before is seen alone, where the handle stands.
document.addEventListener("humanseg-trim", ({ detail: time }) => {
  const [one, other] = [after(), find("video.before")];
  if (!one) return;
  if (other) player().classList.add("trimming");
  one.pause();
  other?.pause();
  (other ?? one).currentTime = time;
});
const follow = () => {
  const [one, other, play, seek] = [after(), find("video.before"), find(".play"), find(".seek")];
  if (!one) return;
  if (other && one.paused && player().matches(".trimming")) return;
  player().classList.remove("trimming");
  if (other) {
    if (Math.abs(other.currentTime - one.currentTime - start()) > 0.15) other.currentTime = one.currentTime + start();
    if (one.paused) other.pause();
    else other.play().catch(() => {});
  }
  play.setAttribute("aria-label", one.paused ? play.dataset.play : play.dataset.pause);
  play.textContent = one.paused ? "▶" : "❚❚";
  if (one.duration) {
    seek.max = one.duration;
    seek.value = one.currentTime;
  }
};
// Media events don't bubble.
for (const name of ["play", "pause", "seeking", "seeked", "timeupdate", "loadedmetadata", "ended"]) {
  element.addEventListener(name, (event) => event.target === after() && follow(), true);
}
element.addEventListener("click", (event) => {
  const one = after();
  if (event.target.closest(".play, .stage") && one) {
    if (one.paused) one.play().catch(() => {});
    else one.pause();
  }
  const mute = event.target.closest(".mute");
  if (mute && one) {
    one.muted = !one.muted;
    mute.setAttribute("aria-pressed", String(one.muted));
  }
});
element.addEventListener("input", ({ target }) => {
  if (target.matches(".seek")) after().currentTime = Number(target.value);
  if (target.matches(".wipe")) player().style.setProperty("--cut", `${target.value}%`);
});
// A browser can't play every clip that can be cut out: then there is nothing to compare with, and a still one to show.
element.addEventListener("error", ({ target }) => {
  if (target === find("video.before")) player().classList.add("alone");
  else if (target === after()) player().classList.add("still");
}, true);
