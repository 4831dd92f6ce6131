"""Proofs against real processes, killed with -9: reduced counts in `make test`, whole in `make proof`."""

import pytest

pytest.register_assert_rewrite("tests.proof.stored")
