// The − and + beside a number. Without this script they submit the form; with it they change the number in place.
for (const button of document.querySelectorAll("button[name=step]")) {
  const input = button.form.elements.seats;
  const up = button.value === "1";
  button.type = "button";
  button.removeAttribute("name"); // or the live question would carry the step as well
  button.addEventListener("click", () => {
    if (up) input.stepUp();
    else input.stepDown();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
