// Drop one file anywhere on the page instead of choosing it. Without this script the form still works.

const input = document.querySelector("input[data-drop]");
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

document.documentElement.classList.add("has-js");
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  document.body.classList.remove("dropping");
  const transfer = new DataTransfer();
  transfer.items.add(event.dataTransfer.files[0]);
  input.files = transfer.files;
  input.focus();
});
