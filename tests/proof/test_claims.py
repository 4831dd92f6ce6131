"""What a proof claims comes to the process that prints the table."""

import json

import pytest

from tests.proof.claims import Claim, claimed, noted

CLAIM = Claim(claim="nothing is lost", count=7, lost=0, twice=0, seconds=1.5)


def test_a_claim_comes_with_the_report_that_another_process_sends() -> None:
    report = pytest.TestReport(
        nodeid="test_one.py::test_one",
        location=("test_one.py", 1, "test_one"),
        keywords={},
        outcome="passed",
        longrepr=None,
        when="call",
        user_properties=[("other", 1), noted(CLAIM)],
    )
    sent = json.dumps(report._to_json())

    assert claimed(pytest.TestReport._from_json(json.loads(sent)).user_properties) == [CLAIM]
