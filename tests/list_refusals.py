"""The refusals of a list that tells too much, held so that what leaves beside it can be seen."""

import pytest


def lists_may_leave(patch: pytest.MonkeyPatch) -> None:
    """Let every list leave; the list of a small county is mostly noise, and would be refused."""
    # The lists of five other keys are not even made: they take longer than the release itself.
    for refusal in ("refuse_telling_list", "_refuse_unsteady_list"):
        patch.setattr(f"riskindex.pipeline.{refusal}", lambda *_: None)
