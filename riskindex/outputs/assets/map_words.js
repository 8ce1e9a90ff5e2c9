// What the page says, in the reader's words; numbers first.

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const upToOneDecimal = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const fewDigits = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });

const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);
const count = (number, one, many = `${one}s`) => `${whole.format(number)} ${number === 1 ? one : many}`;
const areasWord = (number) => count(number, "area");
const lowerFirst = (text) => (/^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text);
const upperFirst = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function joined(parts) {
  if (parts.length < 2) return parts.join("");
  const between = parts.some((part) => part.includes(",")) ? "; " : ", ";
  return `${parts.slice(0, -1).join(between)}${between === "; " ? ";" : ""} and ${parts.at(-1)}`;
}

const periodsWord = () => app.data.period_words[1];
const inPeriod = ({ period }) => (period ? ` ${app.data.period_words[0].replace("{}", period)}` : "");

const KINDS = {
  o: "by itself",
  n: "with its neighbours",
  b: "by itself and with its neighbours",
  d: "next door to a hotspot",
};

const SURE = ["not hot", "90% sure", "95% sure", "99% sure"];

// A test of shares against a limit has no confidence, only over or not.
const hasConfidence = (factor) => !["threshold", "value"].includes(factor.method);

function sharesWords(factor, period, i) {
  const value = period.value?.[i];
  const percent = `${fewDigits.format(100 * factor.threshold)}%`;
  if (!period.value && known(factor.threshold)) {
    return Number.isNaN(signAt(period.hot, i)) ? "not assessed" : `${period.is_hot[i] === "1" ? "over" : "not over"} the limit of ${percent}`;
  }
  if (!known(value)) return "not assessed";
  const over = period.is_hot?.[i] === "1" ? "over" : "not over";
  const limit = known(factor.threshold) ? ` (${over} the limit of ${percent})` : "";
  // Whole per cent, as in the report and the workbook.
  const told = ["rate", "measure"].includes(factor.measured_as) ? valueWords(factor, value) : `${whole.format(Number((100 * value).toFixed(9)))}%`;
  return `${told}${limit}`;
}

// A share is of people or homes; a rate is of events; a measure stands for itself.
function valueWords(factor, value) {
  if (factor.measured_as === "measure") return oneDecimal.format(value);
  if (factor.measured_as === "rate") return `${oneDecimal.format(1000 * value)}${perWords(factor)}`;
  return `${oneDecimal.format(100 * value)}%`;
}

const perWords = (factor) => ` per 1,000${factor.exposure ? ` ${factor.exposure.replace(/_(\d+)_(\d+)/, " aged $1 to $2").replaceAll("_", " ")}` : ""}`;

// A limit of a class, whose title says what its numbers are of.
function limitWords(factor, value) {
  if (factor.measured_as === "measure") return fewDigits.format(value);
  if (factor.measured_as === "rate") return fewDigits.format(1000 * value);
  return `${fewDigits.format(100 * value)}%`;
}

function valueTitle(factor) {
  if (factor.measured_as === "measure") return "";
  return factor.measured_as === "rate" ? `,${perWords(factor)}` : ", share";
}

const scoreWords = (value) => `${oneDecimal.format(value)}${app.data.scale === "0 to 100" ? " of 100" : ""}`;

// Why an area was not assessed for a factor in its last period; "" where nothing is told.
function whyOf(factor, i) {
  const { why } = factor.last ?? {};
  const at = why ? signAt(why.of, i) : NaN;
  return Number.isNaN(at) ? "" : why.labels[at];
}

const whyOfAll = (factors, i) => [...new Set(factors.map((factor) => whyOf(factor, i)).filter(Boolean))];

function hotWords(factor, period, i) {
  const level = signAt(period.hot, i);
  if (Number.isNaN(level)) return ["not assessed", period === factor.last && whyOf(factor, i)].filter(Boolean).join(": ");
  if (!hasConfidence(factor)) return sharesWords(factor, period, i);
  const when = inPeriod(period);
  const isNextDoor = period.kind?.[i] === "d";
  if (level === 0) return `not hot${when}${isNextDoor ? `, ${KINDS.d}` : ""}`;
  // It may score as a hotspot does, where the config says so, and is none.
  if (isNextDoor) return `${KINDS.d}${when}, ${SURE[level]}`;
  const isHot = period.is_hot[i] === "1";
  const kind = isHot ? KINDS[period.kind?.[i]] : "";
  return [`hot${when}`, kind, SURE[level], isHot ? "" : "below the level asked for"].filter(Boolean).join(", ");
}

function yearsWords(factor, i) {
  const hot = signAt(factor.years.hot, i);
  const assessed = signAt(factor.years.assessed, i);
  if (Number.isNaN(hot) || !assessed) return "not assessed";
  return `hot in ${hot} of ${assessed} ${periodsWord()}`;
}

function shortWords(factor, i) {
  if (!factor.last) return "";
  return factor.often && factor.score === "persistence" ? yearsWords(factor, i) : hotWords(factor, factor.last, i);
}

// "7 where 1.9 were expected (3.7 times); with its neighbours 31 where 11.2 were expected".
function countWords(factor, period, i) {
  const unit = factor.weighted ? " weighted" : "";
  if (factor.restricted) return "";
  const own = against(period.observed?.[i], period.expected?.[i], unit);
  const around = against(period.window_observed?.[i], period.window_expected?.[i], unit);
  return [own, around && `with its neighbours ${around}`].filter(Boolean).join("; ");
}

function against(observed, expected, unit) {
  if (!known(observed)) return "";
  const counted = (Number.isInteger(observed) ? whole : oneDecimal).format(observed);
  if (!known(expected) || expected <= 0) return `${counted}${unit}`;
  const times = observed > 0 ? ` (${oneDecimal.format(observed / expected)} times)` : "";
  const wanted = (expected < 100 ? oneDecimal : whole).format(expected);
  return `${counted}${unit} where ${wanted} were expected${times}`;
}

// The scored factors that raise an area, the strongest first.
function reasonsFor(i) {
  return app.points(i)
    .map((points, k) => ({ points, factor: app.data.scored[k] }))
    .filter((reason) => reason.points > 0)
    .sort((a, b) => b.points - a.points);
}

function reasonLine({ factor }, i) {
  return [factor.label, shortWords(factor, i)].filter(Boolean).join(": ");
}

function shortReasons(i, most) {
  const reasons = reasonsFor(i);
  const more = reasons.length > most ? [`${reasons.length - most} more`] : [];
  return joined([...reasons.slice(0, most).map(({ factor }) => lowerFirst(factor.label)), ...more]);
}

// The published list of a release without ranks; what it would be otherwise has ranks by the released scores.
const showsBands = () => !app.data.ranked && app.asPublished();

// Where ranks are not released: the tenth, or on the list or not where tenths are not either.
function tenthOrList(i) {
  const tenth = app.data.columns.decile?.[i];
  if (known(tenth)) return `in the ${TENTHS[tenth - 1]} tenth of ${whole.format(app.now.cut.assessed)} areas`;
  return isSelected(i) ? "on the list" : "not on the list";
}

function rankWords(i) {
  const rank = app.now.index.rank[i];
  if (Number.isNaN(rank)) return "not assessed";
  if (showsBands()) return tenthOrList(i);
  const tied = app.now.sharing.get(rank) > 1 ? "joint " : "";
  return `${tied}rank ${whole.format(rank)} of ${whole.format(app.now.cut.assessed)}`;
}

// Tiers and probabilities belong to the published weights, so a what-if has none.
// An area that was not assessed is near no cut, and far from none.
const tierOf = (i) => (app.asPublished() && !Number.isNaN(app.now.index.rank[i]) ? app.data.columns.tier?.[i] ?? "" : "");

const repeatsOf = (p) => (p > 0 && p < 0.01 ? "under 1" : whole.format(Math.floor(100 * p + 1e-9)));

function sureWords(i) {
  const p = app.data.columns.p_selected?.[i];
  const tier = tierOf(i);
  if (!tier) return "";
  return known(p) ? `selected in ${repeatsOf(p)} of 100 repeats (${TIER_WORDS[tier]})` : TIER_WORDS[tier];
}

const TIER_WORDS = { firm: "firm", borderline: "borderline", out: "not near the cut" };

const isSelected = (i) => app.now.cut.selected[i] === 1;

function standing(i) {
  const before = app.published.cut.selected[i] === 1;
  if (app.asPublished() || before === isSelected(i)) return isSelected(i) ? "Selected" : "Not selected";
  return before ? "Leaves the list" : "Enters the list";
}
