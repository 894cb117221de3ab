// The settings as the server describes them: what there is, what goes with which method, and which values are allowed.

/** All settings in the server's order: name, title, description, type, choices, range, group, methods, widget. */
export const settings = [];

export const setting = name => settings.find(one => one.name === name);

/** The headings of the groups. The layout is the page's; what is in them is the server's. */
export const groups = [
  ["prompt", "Prompt"], ["picture", "Picture"], ["start", "Start"], ["painting", "Painting"],
  ["clip-gen", "CLIP-GEN"], ["draw", "Strokes"], ["vqgan", "VQGAN"], ["diffusion", "Diffusion"],
];

/** Takes the settings from the server's OpenAPI document. */
export function describe(document) {
  const { properties } = document.components.schemas.Settings;
  settings.splice(0, settings.length, ...Object.entries(properties).map(([name, given]) => ({
    name,
    title: given.title ?? name,
    description: given.description ?? "",
    type: [given.type].flat().find(type => type !== "null") ?? "string",
    choices: given.enum?.filter(choice => choice !== null),
    default: given.default ?? undefined,
    minimum: given.minimum,
    maximum: given.maximum,
    above: given.exclusiveMinimum,
    longest: given.maxLength,
    group: given["x-group"] ?? "picture",
    methods: given["x-methods"],
    widget: given["x-widget"],
  })));
  for (const { group } of settings) {
    if (!groups.some(([name]) => name === group)) {
      groups.push([group, group]);
    }
  }
}

/** Whether a setting means something with a method; without one the server chooses, and all may. */
export const applies = (one, method) => !method || !one.methods || one.methods.includes(method);

/** What a text in a field means: `{ value }`, with none where it is empty, or `{ problem }`. */
export function read(one, text) {
  const trimmed = String(text ?? "").trim();
  if (trimmed === "") {
    return { value: undefined };
  }
  if (one.type === "boolean") {
    return { value: trimmed === "true" || trimmed === "yes" };
  }
  if (one.type !== "integer" && one.type !== "number") {
    const problem = one.longest && trimmed.length > one.longest ? `At most ${one.longest} characters.` : check(one, trimmed);
    return problem ? { problem } : { value: trimmed };
  }
  const value = Number(trimmed);
  const problem = check(one, value);
  return problem ? { problem } : { value };
}

/** One sentence on what is wrong with a value, or nothing. */
export function check(one, value) {
  if (one.choices && !one.choices.includes(value)) {
    return `There is no ${value}.`;
  }
  if (one.type !== "integer" && one.type !== "number") {
    return undefined;
  }
  const whole = one.type === "integer";
  if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
    return whole ? "A whole number, please." : "A number, please.";
  }
  const inRange = value >= (one.minimum ?? -Infinity) && value > (one.above ?? -Infinity) && value <= (one.maximum ?? Infinity);
  return inRange ? undefined : range(one) ? `Choose ${range(one)}.` : `Choose ${one.minimum ?? 0} to ${one.maximum}.`;
}

/** The range of a number in words, as "above 0, to 1"; nothing where there is none. */
export function range({ minimum, above, maximum }) {
  if (maximum > 1e9) {
    return ""; // a bound of the number's form is nothing to choose by
  }
  const from = above !== undefined ? `above ${above}` : minimum !== undefined ? `${minimum}` : "";
  if (maximum === undefined) {
    return above !== undefined ? from : from && `${from} or more`;
  }
  return above !== undefined ? `${from}, to ${maximum}` : from ? `${from} to ${maximum}` : `at most ${maximum}`;
}

/** A value as people read it. */
export function show(one, value) {
  if (value === undefined || value === null || value === "") {
    return "automatic";
  }
  return typeof value === "boolean" ? (value ? "yes" : "no")
    : typeof value === "number" && one?.type === "number" ? String(+value.toPrecision(6))
    : String(value);
}
