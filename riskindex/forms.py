"""What is known of a release, and the forms that its values may have."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from riskindex.categories import CATEGORY_TABLES
from riskindex.disclosure import BANDS_OF_PERIODS, MARKS, NOT_RECORDED, Rules
from riskindex.outsider import as_number
from riskindex.scores import CONFIDENCE_SCORES
from riskindex.wording import Phrases, has_number, told, without
from riskindex.words import bare


@dataclass(frozen=True, kw_only=True)
class Known:
    """What anybody knows of a release: its areas, their names and groups, its factors."""

    profile: str
    codes: tuple[str, ...]
    names: Mapping[str, str]
    """Area code to name."""
    groups: Mapping[str, Mapping[str, str]]
    """Kind of group to area code to group."""
    factors: Mapping[str, str]
    """Factor to label."""
    periods: tuple[str, ...]
    kinds: tuple[str, ...]
    """Columns that are groups."""
    texts: frozenset[str]
    """Title, notes and other sentences of the manifest."""
    explained: frozenset[float] = frozenset()
    """Numbers that texts may repeat: how many areas there are, levels, the rules."""
    rules: Rules = field(default_factory=Rules)
    bands: frozenset[str] = frozenset()
    """Bands of ranks that a release of so many areas has."""
    own: tuple[str, ...] = ()
    """Title, place, purpose and attribution, in the words of whoever publishes."""

    @cached_property
    def words(self) -> frozenset[str]:
        """Names, codes, labels, periods and marks, whose numbers are no numbers of anything."""
        found = {*self.codes, *self.every_name, *self.every_group, *self.factors.values(),
                 *self.factors, *self.periods, *self.own, *MARKS}  # fmt: skip
        return frozenset(found - {""})

    @cached_property
    def phrases(self) -> Phrases:
        """Those of the words that hold a number."""
        return Phrases(word for word in self.words if has_number(word))

    @cached_property
    def every_code(self) -> frozenset[str]:
        """Codes of areas."""
        return frozenset(self.codes)

    @cached_property
    def code_of(self) -> Mapping[str, str]:
        """Name of an area to its code."""
        return {name: code for code, name in self.names.items()}

    @cached_property
    def every_name(self) -> frozenset[str]:
        """Names of areas."""
        return frozenset(self.names.values())

    @cached_property
    def every_group(self) -> frozenset[str]:
        """Names of groups of any kind."""
        return frozenset(group for of in self.groups.values() for group in of.values())


Form = Callable[[str, Known], bool]
"""Whether a value, as text, has the form that a column allows."""


def matches(pattern: str) -> Form:
    """The form of texts that a regular expression fits from end to end."""
    compiled = re.compile(pattern)
    return lambda text, _: compiled.fullmatch(text) is not None


def one_of(*words: str) -> Form:
    """The form of some words and the marks."""
    return lambda text, _: text in words or text in MARKS


def rounded(text: str, known: Known) -> bool:
    """A mark, 0, or a multiple of the rounding that no withheld count rounds to."""
    if text in MARKS or text == "0":
        return True
    number = as_number(text)
    smallest = known.rules.threshold - known.rules.rounding / 2
    return number % known.rules.rounding == 0 and number >= smallest


def _people(text: str, known: Known) -> bool:
    if text in MARKS:
        return True
    number = as_number(text)
    return number == round(number) and number >= known.rules.smallest_denominator


def whole_number(text: str, _known: Known) -> bool:
    """A mark, or a whole number of up to seven digits."""
    return text in MARKS or re.fullmatch(r"\d{1,7}", text) is not None


def area_count(text: str, known: Known) -> bool:
    """A mark, or so many areas as there are at most."""
    return text in MARKS or (text.isdigit() and int(text) <= len(known.codes))


def label_of(text: str, known: Known) -> bool:
    """Name or label of a factor."""
    return text in known.factors.values() or text in known.factors


def plain_text(text: str, known: Known) -> bool:
    """A sentence of the manifest."""
    return text in known.texts


def in_words(text: str, known: Known) -> bool:
    """Words whose numbers the release explains."""
    return not told(without(text, known.phrases), known.explained)


def _name(text: str, known: Known) -> bool:
    return bare(text) in known.every_name


def group_of(text: str, known: Known) -> bool:
    """Name of a group of areas."""
    return bare(text) in known.every_group


_DETAIL = r"( \((\d\d% sure|in (some|most|every) periods?|score about (0|25|50|75|100) of 100)\))?"


def _reasons(text: str, known: Known) -> bool:
    labels = "|".join(re.escape(label) for label in known.factors.values())
    sentence = rf"(Hot|High|Possibly hot|Not assessed): ({labels})(; ({labels}))*{_DETAIL}\."
    return text in MARKS or re.fullmatch(rf"({sentence}( (?=\S)|$))*", text) is not None


SCORES = (0.0, 25.0, 50.0, 75.0, 100.0, *CONFIDENCE_SCORES.values(),
          *(score for _, _, score in BANDS_OF_PERIODS))  # fmt: skip
"""Scores of the bands; a partner also sees hundredths of the periods assessed."""


def score_of(text: str, known: Known) -> bool:
    """A mark, nothing, or a score that the bands of the profile have."""
    allowed = set(SCORES)
    if known.profile == "partner":
        for most in range(1, len(known.periods) + 1):
            allowed |= {100 * k / most for k in range(most + 1)}
            allowed |= {100 * (k / most) for k in range(most + 1)}
    # A workbook keeps 16 digits: a share that is no whole number has two spellings, no more.
    allowed |= {float(f"{score:.16G}") for score in allowed}
    return text in MARKS or text == "" or as_number(text) in allowed


def _weight(text: str, _known: Known) -> bool:
    return text in MARKS or re.fullmatch(r"\d{1,6}(\.\d{1,4}|\.\d*[0-9]{3,17})?", text) is not None


def _share(text: str, _known: Known) -> bool:
    return text in MARKS or re.fullmatch(r"|0|1|0?\.\d{1,4}", text) is not None


def _periods(text: str, known: Known) -> bool:
    return text in MARKS or all(part in known.periods for part in text.split(", "))


def _few(text: str, known: Known) -> bool:
    return text in ("", *MARKS) or (text.isdigit() and int(text) <= max(len(known.periods), 12))


def _few_each(text: str, known: Known) -> bool:
    return text in MARKS or all(area_count(part, known) for part in text.split(", "))


_YES = one_of("True", "False", "yes", "no", "0", "1", "")
_METHODS = one_of("window", "getis-ord", "poisson", "threshold", "value")
_KINDS = one_of("own", "neighbourhood", "both", "")


def _null(text: str, _known: Known) -> bool:
    """Words, and numbers of the whole study area to at most four digits."""
    digits = [re.sub(r"\D", "", found).strip("0") for found in re.findall(r"[\d.]+", text)]
    return all(len(found) <= 4 for found in digits)


_CATEGORIES = frozenset(rule.category for table in CATEGORY_TABLES.values() for rule in table)

AREA: Mapping[str, Form] = MappingProxyType({
    "area_code": lambda text, known: text in known.names,
    "name": _name,
    "decile": matches(r"|10|[1-9]|\[x\]"),
    "rank_band": lambda text, known: text in known.bands or text == NOT_RECORDED,
    "factors_hot": lambda text, known: text in MARKS or (
        text.isdigit() and int(text) <= len(known.factors)
    ),
    "selected": _YES,
    "tier": one_of("firm", "borderline", "out", ""),
    "reasons": _reasons,
    "residents": _people,
})  # fmt: skip
"""Columns of the list and of all areas; groups go by their own names."""
PARTNER_AREA: Mapping[str, Form] = MappingProxyType({
    "p_selected": matches(r"[01](\.0)?|0\.[1-9]|\[x\]")
})  # fmt: skip
FOUND: Mapping[str, Form] = MappingProxyType({
    "score": score_of,
    "observed": rounded,
    "confidence": one_of("0", "90", "95", "99", ""),
    "is_hot": _YES,
    "periods_band": one_of(*(word for _, word, _ in BANDS_OF_PERIODS), ""),
})  # fmt: skip
"""Columns of a factor in the GIS file, after its name."""
PARTNER_FOUND: Mapping[str, Form] = MappingProxyType({
    "kind": _KINDS,
    "periods_hot": _few,
    "periods_assessed": _few,
    "category": lambda text, _: text in _CATEGORIES or text in ("", *MARKS),
})  # fmt: skip
"""What a partner sees beside `FOUND`."""
FACTOR: Mapping[str, Form] = MappingProxyType({
    "label": label_of,
    "method": _METHODS,
    "score": one_of("flag", "confidence", "persistence", "intensity", "value", "threshold", ""),
    "weight": _weight,
    "scored": _YES,
    "recorded": one_of("reported", "police-generated"),
    "sensitive": _YES,
    "periods": _periods,
    "threshold": _share,
    "level": _share,
    "null": _null,
    "hot_last": area_count,
})  # fmt: skip
PARTNER_FACTOR: Mapping[str, Form] = MappingProxyType({"hot_by_period": _few_each})
TEST: Mapping[str, Form] = MappingProxyType({
    "factor": label_of,
    "period": lambda text, known: text in known.periods or text in MARKS or text == "",
    "method": _METHODS,
    "null": _null,
    "correction": one_of("benjamini-hochberg", "benjamini-yekutieli", "bonferroni", "none", ""),
    "assessed": area_count,
    "not_assessed": area_count,
    "hot": area_count,
})  # fmt: skip
PARTNER_TEST: Mapping[str, Form] = MappingProxyType({"total": rounded})
