// Before and after on one another with a slider between. Without this script they stand side by side.

for (const frame of document.querySelectorAll(".compare")) {
  const slider = frame.querySelector(".slide");
  const move = () => {
    frame.style.setProperty("--at", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${slider.value} % original, ${100 - slider.value} % cutout`);
  };
  slider.addEventListener("input", move);
  frame.classList.add("live");
  move();
}
