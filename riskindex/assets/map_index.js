// The index, the ranks and the selection, by the same formulae as riskindex/index.py and selection.py.

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

// Mean of one area's scores; `given` are the weights. NaN where the area lacks what it needs.
function meanOf(scores, given, options, mean) {
  if (scores.length === 1) return scores[0];
  const available = scores.map((score, k) => !Number.isNaN(score) && given[k] > 0);
  const lacking = scores.some((score, k) => Number.isNaN(score) && given[k] > 0);
  if (!available.some(Boolean) || (lacking && options.missing !== "rest")) return NaN;
  const target = options.weights === "as-given" ? sum(given) : 1;
  const total = sum(given.filter((_, k) => available[k]));
  const weights = given.map((weight, k) => (available[k] ? weight * (target / total) : 0));
  return mean(scores.map((score, k) => (available[k] ? score : 1)), weights);
}

function parentsOf(factors, weights, options) {
  const names = [...new Set(factors.map((factor) => factor.group ?? ""))];
  return names.flatMap((name) => {
    const members = factors.map((_, k) => k).filter((k) => (factors[k].group ?? "") === name);
    if (name === "") return members.map((k) => ({ weight: weights[k], members: [k] }));
    if (sum(members.map((k) => weights[k])) === 0) return [];
    const own = options.weights === "equal" ? 1 : (options.groups?.[name] ?? 1);
    return [{ weight: own, members }];
  });
}

// How one area's scores become one number: inside each group of factors, then over the groups.
function combiner(factors, given, options, aggregation) {
  const weights = options.weights === "equal" ? given.map((w) => (w > 0 ? 1 : 0)) : given;
  const mean = MEANS[aggregation](options);
  if (!factors.some((factor) => factor.group)) return (row) => meanOf(row, weights, options, mean);
  const parents = parentsOf(factors, weights, options);
  const outer = parents.map((parent) => parent.weight);
  return (row) => {
    const inner = parents.map(({ members }) =>
      meanOf(members.map((k) => row[k]), members.map((k) => weights[k]), options, mean));
    return meanOf(inner, outer, options, mean);
  };
}

function combineAll(n, columns, combine) {
  const out = new Float64Array(n);
  const row = new Array(columns.length);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < columns.length; k++) row[k] = columns[k][i] ?? NaN;
    out[i] = quantise(combine(row));
  }
  return out;
}

function computeIndex(data, weights) {
  const options = data.index;
  const column = (key) => data.scored.map((factor) => factor.scores[key] ?? []);
  const main = combiner(data.scored, weights, options, options.aggregation ?? "arithmetic");
  const calm = combiner(data.scored, weights, options, "arithmetic");
  const score = combineAll(data.n, column("score"), main);
  const companion = combineAll(data.n, column("intensity"), calm);
  return { score, companion, rank: competitionRank(score) };
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
  const selected = byHand(data, chosen);
  return { assessed, target, atCut, above: above.length, tied: tied.length, selected };
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
