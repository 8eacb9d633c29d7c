"""Whatever is asked of a damaged result is refused, repaired or right; the full number is in `tests/benchmarks`."""

from __future__ import annotations

import pytest
from damages import FORMS, REFUSED, RIGHT, Truth


@pytest.mark.parametrize("form", FORMS)
def test_no_answer_about_a_damaged_result_is_wrong(tmp_path, form):
    truth = Truth.of(tmp_path, form)
    for seed in range(5):
        how, outcomes = truth.judge(seed)
        failed = {name: outcome for name, outcome in outcomes.items() if outcome not in (RIGHT, REFUSED)}
        assert not failed, f"{how}: {failed}"
    assert truth.judge(0)[1]["verify"] == REFUSED
