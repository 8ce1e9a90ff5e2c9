"""What tests of a small county leave out: refusals of its list, and what other tests look at."""

from typing import Any

import pytest

from riskindex.tables import Sensitivity


def lists_may_leave(patch: pytest.MonkeyPatch) -> None:
    """Let every list leave; the list of a small county is mostly noise, and would be refused."""
    # The lists of five other keys are not even made: they take longer than the release itself.
    for refusal in ("refuse_telling_list", "_refuse_unsteady_list"):
        patch.setattr(f"riskindex.pipeline.{refusal}", lambda *_: None)


def ask_no_other_choices(patch: pytest.MonkeyPatch) -> None:
    """Leave out what other choices would change: most of the time of a small run."""
    patch.setattr("riskindex.analysis.ask_what_if", lambda *_given, **_more: Sensitivity())


def listed_once(config: Any, **update: Any) -> Any:
    """The config without repeats, and without a second list that noised counts select."""
    true = config.release.__class__(key=config.release.key)
    return config.model_copy(update={"robustness": None, "release": true} | update)
