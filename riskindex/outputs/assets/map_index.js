// The index, the ranks and the selection, by the same formulae as index/build.py and index/selection.py.

const POWERS = Array.from({ length: 309 }, (_, k) => Number(`1e${k}`));

// Round to 10 significant digits, half to even, so that ties are ties everywhere.
function quantise(value) {
  if (!Number.isFinite(value) || value === 0) return value;
  const places = 9 - Math.floor(Math.log10(Math.abs(value)));
  const up = POWERS[Math.max(places, 0)];
  const down = POWERS[Math.max(-places, 0)];
  return (roundHalfEven((value * up) / down) / up) * down;
}

function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const powerMean = (power) => (scores, weights) => {
  let total = 0;
  for (let k = 0; k < scores.length; k++) {
    if (weights[k] > 0) total += weights[k] * scores[k] ** power;
  }
  return total ** (1 / power);
};

const MEANS = {
  arithmetic: () => (scores, weights) => {
    let total = 0;
    for (let k = 0; k < scores.length; k++) total += weights[k] * scores[k];
    return total;
  },
  geometric: () => (scores, weights) => {
    let total = 0;
    for (let k = 0; k < scores.length; k++) {
      if (weights[k] > 0) total += weights[k] * Math.log(scores[k]);
    }
    return Math.exp(total);
  },
  harmonic: () => powerMean(-1),
  general: (options) => (options.power === 0 ? MEANS.geometric() : powerMean(options.power)),
};

// What an area needs for a mean, and the weights that its scores then have; null where it lacks too much.
function weightsOf(scores, given, options) {
  let [known, lacking, total] = [0, false, 0];
  for (let k = 0; k < scores.length; k++) {
    if (!(given[k] > 0)) continue;
    if (Number.isNaN(scores[k])) lacking = true;
    else [known, total] = [known + 1, total + given[k]];
  }
  if (options.missing === "rest" ? !known : lacking) return null;
  const target = options.weights === "as-given" ? sum(given) : 1;
  return given.map((weight, k) => (weight > 0 && !Number.isNaN(scores[k]) ? weight * (target / total) : 0));
}

// A score without weight must not spoil a mean, whatever its power: 1 never does.
const filled = (scores, weights) => scores.map((score, k) => (weights[k] > 0 ? score : 1));

const rowOfColumns = (columns, i) => columns.map((column) => column[i] ?? NaN);

function meanColumn(n, columns, given, options, mean) {
  const out = new Float64Array(n).fill(NaN);
  for (let i = 0; i < n; i++) {
    const scores = rowOfColumns(columns, i);
    const weights = weightsOf(scores, given, options);
    if (weights) out[i] = mean(filled(scores, weights), weights);
  }
  return out;
}

// Duels won less duels lost against every other area, as 0 to 100; an area without any score has 0.
function copelandColumn(n, columns, given, options) {
  const out = new Float64Array(n).fill(NaN);
  const rows = [];
  for (let i = 0; i < n; i++) {
    const scores = rowOfColumns(columns, i);
    const weights = weightsOf(scores, given, options);
    if (weights) rows.push({ i, weights, scores: filled(scores, weights) });
  }
  const duels = new Int32Array(rows.length);
  for (let a = 0; a < rows.length; a++) {
    for (let b = 0; b < a; b++) {
      const margin = marginOf(rows[a], rows[b]);
      // Weights such as .1 + .2 against .3 must draw.
      const won = Math.abs(margin) < 1e-12 ? 0 : Math.sign(margin);
      duels[a] += won;
      duels[b] -= won;
    }
  }
  const share = (won) => (100 * (won / Math.max(rows.length - 1, 1) + 1)) / 2;
  const nothing = ({ scores, weights }) => scores.every((score, k) => !(weights[k] > 0) || score === 0);
  rows.forEach((row, at) => (out[row.i] = nothing(row) ? 0 : share(duels[at])));
  return out;
}

function marginOf(one, other) {
  let margin = 0;
  for (let k = 0; k < one.scores.length; k++) {
    margin += Math.min(one.weights[k], other.weights[k]) * Math.sign(one.scores[k] - other.scores[k]);
  }
  return margin;
}

function partsOf(factors, weights, options) {
  const names = [...new Set(factors.map((factor) => factor.group ?? ""))];
  return names.flatMap((name) => {
    const members = factors.map((_, k) => k).filter((k) => (factors[k].group ?? "") === name);
    if (name === "") return members.map((k) => ({ weight: weights[k], members: [k], isGroup: false }));
    const counts = members.some((k) => weights[k] > 0);
    return counts ? [{ weight: options.groups?.[name] ?? 1, members, isGroup: true }] : [];
  });
}

// The scores of areas that lack too many factors are not used.
function withEnough(n, columns, weights, least) {
  if (!(least > 1)) return columns;
  const count = (i) => columns.filter((column, k) => weights[k] > 0 && known(column[i]) && !Number.isNaN(column[i])).length;
  const enough = positions(n).map((i) => count(i) >= least);
  return columns.map((column) => Float64Array.from({ length: n }, (_, i) => (enough[i] ? (column[i] ?? NaN) : NaN)));
}

// Columns of scores made into one: inside each group of factors, then over the groups.
function combineColumns(n, given, data, aggregation, within = aggregation) {
  const { index: options, weights } = data;
  const columns = withEnough(n, given, weights, options.minimum_factors);
  const mean = (word) => (some, by) => (word === "copeland"
    ? copelandColumn(n, some, by, options)
    : meanColumn(n, some, by, options, MEANS[word](options)));
  const parts = partsOf(data.factors, weights, options);
  const inner = parts.map(({ members, isGroup }) =>
    (isGroup ? mean(within)(members.map((k) => columns[k]), members.map((k) => weights[k])) : columns[members[0]]));
  return mean(aggregation)(inner, parts.map((part) => part.weight));
}

function combined(data, weights, key, aggregation, within) {
  const what = { factors: data.scored, index: data.index, weights };
  return combineColumns(data.n, data.scored.map((factor) => factor.scores[key] ?? []), what, aggregation, within).map(quantise);
}

const companionOf = (data, weights) => combined(data, weights, "intensity", "arithmetic");

function computeIndex(data, weights) {
  const score = combined(data, weights, "score", data.index.aggregation ?? "arithmetic", data.index.within_groups ?? undefined);
  return { score, companion: companionOf(data, weights), rank: competitionRank(score) };
}

function competitionRank(score) {
  const order = positions(score.length).filter((i) => !Number.isNaN(score[i]));
  order.sort((a, b) => score[b] - score[a]);
  const rank = new Float64Array(score.length).fill(NaN);
  order.forEach((i, place) => {
    const before = order[place - 1];
    rank[i] = place > 0 && score[before] === score[i] ? rank[before] : place + 1;
  });
  return rank;
}

const replaced = (list, at, value) => list.map((old, k) => (k === at ? value : old));

const positions = (n) => Array.from({ length: n }, (_, i) => i);

// From the highest risk to the lowest: score, companion, factors hot, then the code's place.
function riskOrder(data, index) {
  const hot = data.columns.factors_hot ?? [];
  const low = (value) => (Number.isNaN(value) ? -Infinity : value);
  const down = (a, b) => (a === b ? 0 : b > a ? 1 : -1);
  return (a, b) =>
    down(low(index.score[a]), low(index.score[b])) ||
    down(low(index.companion[a]), low(index.companion[b])) ||
    down(hot[a] ?? 0, hot[b] ?? 0) || a - b;
}

const ROUNDINGS = {
  ceil: (whole, rest) => (rest ? whole + 1 : whole),
  floor: (whole) => whole,
  round: (whole, rest, of) => (2 * rest >= of ? whole + 1 : whole),
};

// An exact share: "5.5" per cent of 1,111 areas, without a binary fraction in between.
function shareOf(percent, assessed, rounding) {
  const [, whole, part = ""] = /^(\d*)\.?(\d*)$/.exec(percent.trim()) ?? [];
  if (!`${whole ?? ""}${part}`) return NaN;
  const of = 100n * 10n ** BigInt(part.length);
  const times = BigInt(`${whole}${part}`) * BigInt(assessed);
  return ROUNDINGS[rounding](Number(times / of), Number(times % of), Number(of));
}

const TIES = {
  order: (tied, places) => tied.slice(0, places),
  include: (tied) => tied,
  exclude: () => [],
};

function selectTop(data, index, rule) {
  const assessed = index.score.filter((score) => !Number.isNaN(score)).length;
  const target = rule.number ?? shareOf(rule.share, assessed, rule.rounding);
  const positive = positions(data.n).filter((i) => index.score[i] > 0).sort(riskOrder(data, index));
  const reached = Math.min(target, positive.length);
  const atCut = reached > 0 ? index.score[positive[reached - 1]] : NaN;
  const above = positive.filter((i) => index.score[i] > atCut);
  const tied = positive.filter((i) => index.score[i] === atCut);
  const places = reached - above.length;
  const chosen = [...above, ...(tied.length <= places ? tied : TIES[rule.ties](tied, places))];
  const selected = byHand(data, withMinimum(data, index, chosen));
  return { assessed, target, atCut, above: above.length, tied: tied.length, selected };
}

// The best areas of groups below a minimum come in, and the lowest of the others make room.
function withMinimum(data, index, chosen) {
  const { minimum_per_group: minimum = 0, group = "district" } = data.selection;
  const groups = data.groups[group];
  if (!minimum || !groups) return chosen;
  const order = positions(data.n).filter((i) => index.score[i] > 0).sort(riskOrder(data, index));
  const first = new Set(chosen);
  const result = new Set(chosen);
  const held = new Map();
  const change = (i, by) => held.set(groups.of[i], (held.get(groups.of[i]) ?? 0) + by);
  const short = (i) => groupOf(groups, i) !== "" && (held.get(groups.of[i]) ?? 0) < minimum;
  const spareable = (i) => first.has(i) && (groupOf(groups, i) === "" || held.get(groups.of[i]) > minimum);
  chosen.forEach((i) => change(i, 1));
  for (const i of order) if (!result.has(i) && short(i)) { result.add(i); change(i, 1); }
  let spare = result.size - first.size;
  for (const i of order.reverse()) {
    if (spare > 0 && spareable(i)) { result.delete(i); change(i, -1); spare -= 1; }
  }
  return [...result];
}

function byHand(data, chosen) {
  const selected = new Uint8Array(data.n);
  for (const i of chosen) selected[i] = 1;
  for (const override of data.selection.overrides ?? []) {
    const i = data.place_of.get(override.area_code);
    if (i !== undefined) selected[i] = override.action === "in" ? 1 : 0;
  }
  return selected;
}

// Ranks, ties sharing their mean, as a share of the assessed areas; then five classes of it.
const INDEX_LIMITS = [0.1, 0.2, 0.3, 0.5, 1];

function indexClasses(index) {
  const counts = new Map();
  let assessed = 0;
  for (const rank of index.rank) {
    if (Number.isNaN(rank)) continue;
    counts.set(rank, (counts.get(rank) ?? 0) + 1);
    assessed += 1;
  }
  return Array.from(index.rank, (rank) => {
    if (Number.isNaN(rank)) return NaN;
    const share = (rank + (counts.get(rank) - 1) / 2) / assessed;
    return INDEX_LIMITS.findIndex((limit) => share <= limit);
  });
}
