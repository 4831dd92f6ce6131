// Adds a passkey: Gatehouse says what is to be signed, the browser has it signed, Gatehouse keeps the public half.

const SIGN_IN = "/sign-in?next=/passkeys/new";
// A little less than the five minutes for which an answer is taken.
const ASKED_MS = 290_000;
const UNMADE = {
  NotAllowedError: "Nothing was added: the browser's question was cancelled, or nobody answered it. Try again.",
  InvalidStateError: "This device or key has a passkey of yours already.",
  SecurityError: "The browser makes no passkeys for this address.",
  NotSupportedError: "This device or key can't make a passkey that Gatehouse takes.",
};

const form = document.getElementById("passkey");
const failed = document.getElementById("failed");
const done = document.getElementById("done");
// What is to be signed, for as long as it may be: a code that was shown for it counts only once.
let asked = null;

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status === 401) location.assign(SIGN_IN);
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.message), { status: answer.status });
  return told;
}

async function ask() {
  if (asked && Date.now() - asked.at < ASKED_MS) return asked.options;
  const options = await post("/passkeys/options", { code: form.elements.code.value });
  asked = { at: Date.now(), options };
  return options;
}

async function make(options) {
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({ publicKey })).toJSON();
  } catch (error) {
    throw new Error(UNMADE[error.name] ?? "This browser can't make passkeys. Use a newer one.");
  }
}

async function keep(name, credential) {
  try {
    return await post("/passkeys", { name, credential });
  } catch (error) {
    // But for a name that can't be one, the question has been used up.
    if (error.status !== 400) asked = null;
    throw error;
  }
}

function finish(kept) {
  form.hidden = true;
  done.hidden = false;
  done.textContent = `“${kept.name}” is added.`;
  document.getElementById("back").focus();
}

function fail(error) {
  failed.hidden = false;
  failed.textContent = error instanceof TypeError ? "Gatehouse can't be reached. Try again." : error.message;
}

const button = form.querySelector("button");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  failed.hidden = true;
  button.disabled = true;
  try {
    finish(await keep(form.elements.name.value, await make(await ask())));
  } catch (error) {
    fail(error);
  } finally {
    button.disabled = false;
  }
});
// Until here the browser would have sent the form by itself, to where only JSON is taken.
button.disabled = false;
