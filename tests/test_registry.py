"""The named pipelines: complete by themselves, and summable."""

import inspect
import itertools
import re
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from pydantic import BaseModel

import genex_kedro.pipelines
from conftest import ROOT
from genex_kedro.arguments import _OPEN, _leaves
from genex_kedro.pipeline_registry import register_pipelines
from genex_kedro.report.page import PARTS
from genex_kedro.settings import CONFIG_LOADER_ARGS

PIPELINES = register_pipelines()
APPLICATIONS = {"classify", "generate", "share", "translate"}  # of models trained before
LAYERS = ("raw", "intermediate", "primary", "model_input", "models", "model_output", "reporting")
STUDIES = [name for name in PIPELINES if name not in APPLICATIONS]


@pytest.mark.parametrize("name", STUDIES)
def test_a_pipeline_needs_nothing_but_the_cohort_parameters_and_what_it_may_resume(name):
    needed = {i for i in PIPELINES[name].inputs() if not i.startswith("params:")}
    optional = {"cvae_tuning.best", "image_transfer.weights"}  # empty, none unless asked for
    optional |= {"provenance", *(f"report.{part}" for part in PARTS)}  # of studies run before
    assert {i for i in needed if not i.endswith(".resume")} - optional == {"raw_cohort"}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_reads_what_was_trained_and_trains_nothing(name):
    needed = {i for i in PIPELINES[name].inputs() if not i.startswith("params:")}
    trained = {"trained_models", "evaluation.cards.generators"}
    assert needed - trained <= {"translate.tumors", "classify.profiles"}
    assert not set(PIPELINES[name].nodes) & set(PIPELINES["__default__"].nodes)


@pytest.mark.parametrize(("one", "other"), itertools.combinations(STUDIES, 2))
def test_any_two_can_be_run_together(one, other):
    names = [node.name for node in (PIPELINES[one] + PIPELINES[other]).nodes]
    assert len(names) == len(set(names))


def test_a_study_brings_nothing_of_the_other():
    assert not [n for n in PIPELINES["reversion"].nodes if "synthesis" in str(n.inputs)]
    assert not [n for n in PIPELINES["synthesis"].nodes if "reversion" in str(n.inputs)]
    assert not [n for n in PIPELINES["tumor_types"].nodes if "reversion" in str(n.inputs)]


def test_what_a_search_chose_flows_into_the_settings_that_are_trained():
    nodes = {node.name: node for node in PIPELINES["cvae_tuned"].nodes}
    (best,) = nodes["cvae_tuning.choose_best"].outputs
    (settings,) = nodes["cvae.choose_settings"].outputs
    assert best in nodes["cvae.choose_settings"].inputs
    assert all(settings in nodes[f"cvae.{step}"].inputs for step in ("train", "keep", "sample"))
    assert not [n for n in PIPELINES["__default__"].nodes if "cvae_tuning" in n.tags]


def test_pipelines_import_nothing_of_each_other():
    """What two share stands in study/, or beside the pipelines."""
    folder = Path(genex_kedro.pipelines.__file__).parent
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    for path in folder.glob("*/*.py"):
        used = set(re.findall(r"genex_kedro\.pipelines(?:\.| import )(\w+)", path.read_text()))
        assert (used & names) <= {path.parent.name}, path


def test_every_setting_can_be_found_in_conf():
    """What conf does not list is refused on the command line as a name that nothing reads."""
    conf = OmegaConfigLoader(str(Path(__file__).parents[1] / "conf"), **CONFIG_LOADER_ARGS)
    listed = set(_leaves(conf["parameters"])) | set(_leaves(conf["globals"]))
    listed |= {key.rpartition(".")[0] for key in listed}
    read = {
        leaf
        for pipeline in PIPELINES.values()
        for node in pipeline.nodes
        for name, argument in zip(node.inputs, inspect.signature(node.func, eval_str=True).parameters.values(), strict=False)
        if name.startswith("params:") and _is_settings(argument.annotation)
        for leaf in _settings(argument.annotation, name.removeprefix("params:"))
    }  # fmt: skip
    assert "image_transfer.explain.steps" in read
    assert {leaf for leaf in read - listed if not leaf.startswith(_OPEN)} == set()


def _is_settings(annotation) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)


def _settings(model, prefix):
    for name, field in model.model_fields.items():
        if _is_settings(field.annotation):
            yield from _settings(field.annotation, f"{prefix}.{name}")
        else:
            yield f"{prefix}.{name}"


@pytest.fixture(scope="module")
def catalog() -> DataCatalog:
    conf = OmegaConfigLoader(str(ROOT / "conf"), **CONFIG_LOADER_ARGS)
    return DataCatalog.from_config(conf["catalog"])


def layer(name: str, catalog) -> str:
    return (catalog.get(name).metadata or {}).get("kedro-viz", {}).get("layer")


def test_in_kedro_viz_every_data_set_has_a_layer_and_every_result_a_preview(catalog):
    names = {n for p in PIPELINES.values() for n in p.datasets() if not n.startswith("param")}
    assert len(names) > 100
    for name in names:
        assert layer(name, catalog) in LAYERS, name
        if layer(name, catalog) != "raw":
            assert "Preview" in str(catalog.get(name).preview.__annotations__["return"]), name


def test_no_node_leads_back_to_an_earlier_layer(catalog):
    """kedro-viz would show no layers at all, and arrows that go up."""
    for node in {node for pipeline in PIPELINES.values() for node in pipeline.nodes}:
        inputs = [LAYERS.index(layer(n, catalog)) for n in node.inputs if not n.startswith("param")]
        outputs = [LAYERS.index(layer(n, catalog)) for n in node.outputs]
        assert max(inputs) <= min(outputs), node.name


def test_every_node_says_what_it_does():
    for node in PIPELINES["__default__"].nodes:
        assert (node.func.__doc__ or "").strip(), node.name
        assert node.namespace and node.tags, node.name


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("reversion", {"judges", "translators"}),
        ("synthesis", {"generators"}),
        ("tumor_types", {"classifiers"}),
        ("__default__", {"judges", "translators", "generators", "classifiers"}),
    ],
)
def test_each_study_refreshes_its_own_sections_and_the_page_of_all(name, own):
    made, read = PIPELINES[name].all_outputs(), PIPELINES[name].inputs()
    others = {f"report.{part}" for part in PARTS} - {f"report.{part}" for part in own}
    assert "report" in made and {f"report.{part}" for part in own} <= made
    assert others - {"report.cohort"} <= read - made
