"""The named pipelines: complete by themselves, and summable."""

import itertools

import pytest

from genex_kedro.pipeline_registry import register_pipelines

PIPELINES = register_pipelines()


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_needs_nothing_but_the_cohort_parameters_and_what_it_may_resume(name):
    needed = {i for i in PIPELINES[name].inputs() if not i.startswith("params:")}
    optional = {i for i in needed if i.endswith(".resume")} | {"image_transfer.weights"}
    assert needed - optional == {"raw_cohort"}


@pytest.mark.parametrize(("one", "other"), itertools.combinations(PIPELINES, 2))
def test_any_two_can_be_run_together(one, other):
    assert len((PIPELINES[one] + PIPELINES[other]).nodes) <= len(PIPELINES["__default__"].nodes)


def test_a_study_brings_nothing_of_the_other():
    assert not [n for n in PIPELINES["reversion"].nodes if "synthesis" in str(n.inputs)]
    assert not [n for n in PIPELINES["synthesis"].nodes if "reversion" in str(n.inputs)]
    assert not [n for n in PIPELINES["tumor_types"].nodes if "reversion" in str(n.inputs)]
