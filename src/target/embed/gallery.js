"use strict";
for (const image of document.querySelectorAll(".gallery img"))
  image.addEventListener("click", () => image.classList.toggle("large"));
