// The command line that paints the same.

const renamed = { critics: "critic" };
const ofRecipe = new Set(["learningRate", "views", "patches", "start"]); // numbers of a recipe, which --set changes
const files = new Set(["image", "init", "mask"]);

/** `./run generate …` for settings; pictures are files named by their ids, as they are downloaded. */
export function commandLine({ prompt, ...settings }) {
  const words = ["./run generate", ...(prompt ? [quoted(prompt)] : [])];
  for (const [name, value] of Object.entries(settings)) {
    const option = `--${(renamed[name] ?? name).replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
    if (name === "refine") {
      words.push(...(value ? [`${option} clip-jem`] : []));
    } else if (value === true) {
      words.push(option);
    } else if (value === false || value === undefined || (name === "count" && value === 1 && settings.method !== "clip-gen")) {
      continue;
    } else if (ofRecipe.has(name)) {
      words.push(`--set ${name}=${value}`);
    } else {
      words.push(`${option} ${quoted(files.has(name) ? `${value}.png` : value)}`);
    }
  }
  return words.join(" ");
}

// Everything a shell could take for something else goes between quotes.
const quoted = value => (/^[\w.:,/+-]+$/.test(value) ? String(value) : `'${String(value).replaceAll("'", `'\\''`)}'`);
