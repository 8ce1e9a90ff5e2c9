"""Results are read back as they were written."""

import pandas as pd

from riskindex.result_folder import _read_scores


def test_a_reason_far_down_a_long_table_is_text_like_the_others(tmp_path):
    n = 300_000
    table = pd.DataFrame({
        "factor": "f", "area_code": [f"E{i:08d}" for i in range(n)], "group": "",
        "reason": [""] * (n - 1) + ["not covered"], "is_hot": False, "score": 0.1,
    })  # fmt: skip
    table.to_csv(tmp_path / "scores.csv", index=False)
    read = _read_scores(tmp_path / "scores.csv")
    assert read["reason"].iloc[-1] == "not covered"
    assert (read["reason"].iloc[:-1] == "").all()
