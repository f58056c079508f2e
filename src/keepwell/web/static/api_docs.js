"use strict";

// Shows the API's document with Swagger UI. Nothing is asked of another server: no validator, no fonts.
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const paint = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
dark.addEventListener("change", paint);
paint();

const docs = document.getElementById("docs");
window.SwaggerUIBundle({
  url: docs.dataset.document,
  domNode: docs,
  validatorUrl: null,
  deepLinking: true,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
