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
}
