// The browser knows its own time zone better than a guess from its language. A choice already made is kept, and a
// browser that hides its zone says UTC.
"use strict";

const form = document.getElementById("start");
const zones = form?.elements.namedItem("time_zone");
if (zones && !form.querySelector(".errorlist")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (own !== "UTC" && [...zones.options].some((option) => option.value === own)) zones.value = own;
}
