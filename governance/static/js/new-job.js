// The new-job page: drop and look at pictures before they are sent. Without this script the form still works.

const form = document.getElementById("job");
const input = document.getElementById("id_pictures");
const thumbs = document.getElementById("thumbs");
const count = document.getElementById("pictures-count");
const chooser = document.getElementById("id_target");
const maxFiles = Number(form.dataset.maxFiles);
const maxBytes = Number(form.dataset.maxBytes);
let chosen = [];
let shownUrls = [];

const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const figure = (number) => number.toLocaleString("en-GB", { maximumFractionDigits: number < 100 ? 1 : 0 });
const readable = (bytes) =>
  bytes < 1000 ? plural(bytes, "byte") : bytes < 999_500 ? `${figure(bytes / 1e3)} kB` : `${figure(bytes / 1e6)} MB`;

const same = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

function trouble(file) {
  if (file.size === 0) return "The file is empty; it will be left out.";
  if (file.size > maxBytes) return `Over ${readable(maxBytes)}; it will be left out.`;
  return "";
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function picture(file) {
  const image = document.createElement("img");
  image.alt = "";
  const url = URL.createObjectURL(file);
  shownUrls.push(url);
  // Browsers cannot show every type the worker reads (TIFF, HEIC).
  image.addEventListener("error", () => image.replaceWith(element("span", "No preview in this browser", "no-picture")));
  image.src = url;
  return image;
}

function entry(file, index) {
  const item = document.createElement("li");
  const remove = element("button", "Remove", "linklike");
  remove.type = "button";
  remove.setAttribute("aria-label", `Remove ${file.name}`);
  remove.addEventListener("click", () => {
    const rest = chosen.filter((_, place) => place !== index);
    take(rest);
    (thumbs.querySelectorAll("button")[Math.min(index, rest.length - 1)] ?? input).focus();
  });
  const name = element("strong", file.name);
  name.title = file.name;
  item.append(picture(file), name, element("small", readable(file.size), "num"));
  const problem = trouble(file);
  if (problem) item.append(element("small", problem, "bad"));
  item.append(remove);
  return item;
}

function describe() {
  const total = chosen.reduce((sum, file) => sum + file.size, 0);
  const over = chosen.length > maxFiles ? ` Only ${maxFiles} fit into one job; remove some.` : "";
  count.textContent = chosen.length ? `${plural(chosen.length, "picture")}, ${readable(total)}.${over}` : "";
  input.setCustomValidity(over.trim());
  const button = document.getElementById("submit");
  if (!button) return;
  const picked = form.querySelector("input[name=model]:checked");
  const words = picked?.dataset.submit;
  button.textContent = words || (chosen.length ? `Submit ${plural(chosen.length, "picture")}` : "Submit");
}

function take(files) {
  shownUrls.forEach((url) => URL.revokeObjectURL(url));
  shownUrls = [];
  chosen = files;
  const transfer = new DataTransfer();
  chosen.forEach((file) => transfer.items.add(file));
  input.files = transfer.files;
  thumbs.replaceChildren(...chosen.map(entry));
  chooser.setAttribute("hx-vals", JSON.stringify({ pictures: String(Math.max(chosen.length, 1)) }));
  describe();
}

function add(files) {
  const news = [...files].filter((file) => !chosen.some((known) => same(known, file)));
  take([...chosen, ...news]);
}

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

document.documentElement.classList.add("has-js");
input.addEventListener("change", () => add(input.files));
form.addEventListener("change", describe);
document.addEventListener("htmx:afterSwap", describe);
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
  add(event.dataTransfer.files);
});
form.addEventListener("submit", () => {
  const button = document.getElementById("submit");
  button.disabled = true;
  button.textContent = "Sending …";
});
// Coming back with the browser's own history: the button must work again, and its files are still chosen.
window.addEventListener("pageshow", () => {
  const button = document.getElementById("submit");
  if (button) button.disabled = false;
  take([...input.files]);
});
