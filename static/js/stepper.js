// The − and + beside a number: without this script they submit the form, with it they change the number in place.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=step]");
  const input = button?.form?.elements.seats;
  if (!input) return;
  event.preventDefault();
  if (button.value === "1") input.stepUp();
  else input.stepDown();
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
