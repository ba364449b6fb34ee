// The what-if form: only the fields that the chosen supposition needs. Without this script all of them are shown.

const chooser = document.getElementById("id_suppose");
const scope = document.getElementById("id_hold_scope");
const which = document.getElementById("id_hold_ref").closest(".field");

function show() {
  for (const part of document.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== chooser.value;
  which.hidden = scope.value === "everything";
}

chooser.addEventListener("change", show);
scope.addEventListener("change", show);
show();
