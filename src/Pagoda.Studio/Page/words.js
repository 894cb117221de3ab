// Numbers and times in words.

/** Seconds as people say them. */
export function duration(seconds) {
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  if (seconds < 60) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The beginning of a text that is too long. */
export const shorten = (text, longest) => (text && text.length > longest ? `${text.slice(0, longest - 1).trimEnd()}…` : text ?? "");

/** A day and time in the reader's own form. */
export const moment = iso => new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
