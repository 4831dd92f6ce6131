// What the server knows of one door.

/** Ask the server for a door's card: `{card}`, or the sentence that says why there is none. */
export async function readCard(door, signal) {
  try {
    const answer = await fetch(`/live/doors/${encodeURIComponent(door)}`, {
      cache: "no-store",
      redirect: "manual",
      signal,
    });
    if (answer.ok) return { card: await answer.json() };
    if (answer.status === 404) return { sentence: "This door is not one that you may watch now.", again: false };
  } catch (error) {
    if (error.name === "AbortError") return null;
  }
  return { sentence: "Its last records could not be read.", again: true };
}
