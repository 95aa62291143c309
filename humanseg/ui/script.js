() => {
  // A pasted picture goes where dropped ones go. Text boxes keep their own paste.
  const paste = (event) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    const input = document.querySelector("#photos input[type=file]");
    if (!files.length || !input || !input.offsetParent && !document.querySelector("#photos")?.offsetParent) return;
    const data = new DataTransfer();
    for (const file of files) data.items.add(file);
    input.files = data.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    event.preventDefault();
  };
  document.addEventListener("paste", paste);

  // A camera that doesn't start says why, in the page's own words (they stand hidden beside it).
  const tell = (name) => {
    const lines = [...document.querySelectorAll("#camera-trouble [data-trouble]")];
    const fits = name && (lines.find((line) => line.dataset.trouble === name) ?? lines.at(-1));
    for (const line of lines) line.hidden = line !== fits;
  };
  const devices = navigator.mediaDevices;
  if (devices?.getUserMedia) {
    const start = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      try {
        const stream = await start(wanted);
        tell(null);
        return stream;
      } catch (error) {
        tell(error.name);
        throw error;
      }
    };
  } else {
    document.addEventListener("click", (event) => event.target.closest?.("#camera") && tell("Insecure"));
  }
}
