// Closes the small window in which an act was proved: the screen behind it learns the rest by itself.
const button = document.getElementById("close");

button.addEventListener("click", () => window.close());
button.focus();
setTimeout(() => window.close(), Number(button.dataset.seconds) * 1000);
