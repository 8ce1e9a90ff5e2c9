"""What a release is asked to be: key, noise, whose list it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from riskindex.publication.cells import CellRules


@dataclass(frozen=True, kw_only=True)
class Release:
    """What leaves in the profiles partner and public, and what is kept beside it."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    key: str | None = None
    """A private file with the release key, made by the first release that names it; left out, the
    one that the environment variable RISKINDEX_RELEASE_KEY names."""
    epsilon: float = 1.0
    """Scale of the noise in cells of restricted sources: smaller is more noise."""
    threshold: int = 8
    """Cells of restricted sources below this are withheld."""
    rounding: int = 5
    """Other cells of restricted sources are rounded to the nearest multiple of this."""
    membership: Literal["true", "protected"] = "true"
    """Whose list every profile shows: that of the counts, or that of the noised counts, where the
    list itself would tell of the counts of one or two restricted factors."""
    hotspots: Literal["none", "protected"] = "none"
    """Whether the public sees hot areas of restricted factors, as the noised counts have them."""
    sensitive_places: str | None = None
    """A private CSV of refuges and the like: a column area_code, or x and y in EPSG:27700. The
    list is decided without the restricted events there."""

    @property
    def rules(self) -> CellRules:
        """How counts of restricted sources become protected cells."""
        return CellRules(epsilon=self.epsilon, threshold=self.threshold, rounding=self.rounding)


def release_faults(options: Release) -> Iterator[str]:
    """Say what is wrong with the options of a release."""
    if not 0.1 <= options.epsilon <= 2:
        yield f"release.epsilon: {options.epsilon:g} must be from .1 (much noise) to 2 (little)."
    if options.threshold < 3:
        yield f"release.threshold: {options.threshold} must be 3 or more."
    if not 1 <= options.rounding <= 2 * options.threshold:
        yield (
            f"release.rounding: {options.rounding} must be from 1 to {2 * options.threshold}, "
            "twice the threshold: else counts that are shown would be rounded to 0."
        )
