// What a person chose, kept on the server for their next browser.

/** Keep something under one of the names that the server knows; says whether it did. */
export async function keep(name, value) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(value);
  try {
    const answer = await fetch(`/me/preferences/${name}`, { method: "PUT", headers, body, redirect: "manual" });
    return answer.ok;
  } catch {
    return false;
  }
}
