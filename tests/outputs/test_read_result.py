"""Results are read back as they were written."""

import pandas as pd
import pytest

from riskindex import save
from riskindex.errors import DisclosureError
from riskindex.files.whole_folder import MANIFEST
from riskindex.outputs.read_result import _read_scores, refuse_to_replace


def test_a_reason_far_down_a_long_table_is_text_like_the_others(tmp_path):
    n = 300_000
    table = pd.DataFrame(
        {
            "factor": "f",
            "area_code": [f"E{i:08d}" for i in range(n)],
            "group": "",
            "reason": [""] * (n - 1) + ["not covered"],
            "is_hot": False,
            "score": 0.1,
        }
    )
    table.to_csv(tmp_path / "scores.csv", index=False)
    read = _read_scores(tmp_path / "scores.csv")
    assert read["reason"].iloc[-1] == "not covered"
    assert (read["reason"].iloc[:-1] == "").all()


@pytest.mark.parametrize("manifest", ['{"profile": "internal"}', "{}", "[]", "{", '{"profile": 1}'])
def test_what_may_be_internal_is_not_replaced_by_what_is_for_others(tmp_path, manifest):
    (tmp_path / MANIFEST).write_text(manifest)
    refuse_to_replace(tmp_path, "internal")
    for profile in ("partner", "public"):
        with pytest.raises(DisclosureError, match="give --replace"):
            refuse_to_replace(tmp_path, profile)


@pytest.mark.parametrize("before", ["partner", "public"])
def test_what_is_for_others_may_be_replaced_by_anything(tmp_path, before):
    (tmp_path / MANIFEST).write_text(f'{{"profile": "{before}"}}')
    for profile in ("internal", "partner", "public"):
        refuse_to_replace(tmp_path, profile)
        refuse_to_replace(tmp_path / "none", profile)


def test_saving_refuses_too_unless_it_is_told_to_replace(county_release, tmp_path):
    public = county_release("public")
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / MANIFEST).write_text('{"profile": "internal"}')
    with pytest.raises(DisclosureError, match="replace=True"):
        save(public, tmp_path / "result")
    assert [path.name for path in tmp_path.rglob("*")] == ["result", MANIFEST]
    save(public, tmp_path / "result", replace=True)
    assert '"profile": "public"' in (tmp_path / "result" / MANIFEST).read_text()
