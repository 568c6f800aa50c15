"""A trained model's folder made into one that ``mlflow models serve`` takes."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.pyfunc import save_model
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

import genex_kedro
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card_uses import CLASSIFIER, GENERATOR, TRANSLATOR
from genex_kedro.models.names import ModelName
from genex_kedro.models.shelf import ATLAS, ModelShelf
from genex_kedro.study.generation.request import AS_TRAINED, CLASS_FACTORS
from genex_kedro.study.translation.applied import JUDGES, judge_name
from genex_kedro.transforms import Standardiser

KINDS = {GENERATOR: "ServedGenerator", TRANSLATOR: "ServedTranslator", CLASSIFIER: "ServedClassifier"}  # fmt: skip
_NEEDS = (
    "anndata", "kedro", "kedro-datasets", "mlflow", "numpy", "omegaconf", "pandas", "psutil",
    "pyarrow", "pydantic", "safetensors", "scikit-learn", "scipy", "torch",
)  # fmt: skip
_NEEDS_TOO = {CLASSIFIER: ("captum", "timm", "torchvision"), GENERATOR: (), TRANSLATOR: ()}
_UNIT = ParamSpec("unit", DataType.string, "")  # empty: told from the values
_LEAST = ParamSpec("min_coverage", DataType.double, 0.8)
_SEED = ParamSpec("seed", DataType.long, 0)
_PARAMS = {
    GENERATOR: [_SEED, ParamSpec("unit", DataType.string, AS_TRAINED)],
    TRANSLATOR: [_UNIT, _LEAST, _SEED, ParamSpec("draw", DataType.boolean, False)],
    CLASSIFIER: [_UNIT, _LEAST, ParamSpec("top", DataType.long, 0)],
}


def package(kind: str, shelf: ModelShelf, name: ModelName, folder: Path) -> None:
    """Write an MLflow model: code, requirements, signature, example, and the model's own files.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    shelf : ModelShelf
    name : ModelName
        One of its models.
    folder : Path
        Where to; must not exist.
    """
    module = import_module(f"genex_kedro.serving.{kind}")
    asked = {"model": name.full, "seed": name.seed}
    with tempfile.TemporaryDirectory() as copies:
        for part in parts_of(kind, shelf, name):
            shutil.copytree(shelf.path(part), Path(copies) / part.folder)
        context = SimpleNamespace(artifacts={"models": copies}, model_config=asked)
        served = getattr(module, KINDS[kind])()
        served.load_context(context)  # what cannot be served is not logged
        example = _EXAMPLES[kind](served)
        made = served.predict(context, example)
        save_model(
            folder,
            python_model=module.__file__,
            artifacts={"models": copies},
            model_config=asked,
            signature=_signature(kind, served, example, made),
            input_example=example,
            pip_requirements=[_pinned(need) for need in (*_NEEDS, *_NEEDS_TOO[kind])],
            code_paths=[str(Path(genex_kedro.__file__).parent)],
        )


def parts_of(kind: str, shelf: ModelShelf, name: ModelName) -> list[ModelName]:
    """The trained models that are served together: a translator goes with what judges it."""
    if kind != TRANSLATOR:
        return [name]
    beside = (ATLAS, *map(judge_name, JUDGES))
    others = [n for n in shelf.names if n.seed == name.seed and any(map(n.answers_to, beside))]
    return [name, *others]


@cache
def _pinned(need: str) -> str:
    return f"{need}=={version(need).partition('+')[0]}"  # torch says +cpu


def _signature(kind: str, served, example: pd.DataFrame, made: pd.DataFrame) -> ModelSignature:
    """All genes optional: how many are needed is the model's own check, with its own words."""
    if kind == GENERATOR:
        factors = served.model.config["vocabulary"]["factors"]
        columns = [ColSpec(DataType.string, f, required=f in CLASS_FACTORS) for f in factors]
        columns.append(ColSpec(DataType.long, "n", required=False))
    else:
        labels = ["sample_id", "tissue"] if kind == TRANSLATOR else ["sample_id"]
        columns = [ColSpec(DataType.string, label, required=False) for label in labels]
        genes = example.columns.drop(labels)
        columns += [ColSpec(DataType.double, gene, required=False) for gene in genes]
    return ModelSignature(Schema(columns), infer_signature(made).inputs, ParamSchema(_PARAMS[kind]))


def _of_generator(served) -> pd.DataFrame:
    vocabulary = served.model.config["vocabulary"]
    first = dict(zip(vocabulary["factors"], vocabulary["combinations"][0], strict=True))
    return pd.DataFrame([first | {"n": 2}])


def _of_translator(served) -> pd.DataFrame:
    """The mean tumor of the first tissue."""
    from genex_kedro.models import atlas as atlases

    atlas = atlases.from_trained_model(served.bench.atlas)
    typical = np.maximum(atlas.typical(np.array(atlas.tissues[:1]), "tumor"), 0)
    labels = {"sample_id": ["T1"], "tissue": [atlas.tissues[0]]}
    return _profile(labels, typical, served.bench.model)


def _of_classifier(served) -> pd.DataFrame:
    """The mean of the training samples."""
    nothing = np.zeros((1, len(served.model.genes)), dtype=np.float32)
    mean = Standardiser.from_json(served.model.transform).invert(nothing, like=nothing)
    return _profile({"sample_id": ["S1"]}, np.maximum(mean, 0), served.model)


def _profile(labels: dict, values: np.ndarray, model: TrainedModel) -> pd.DataFrame:
    rounded = np.asarray(values, dtype=np.float64).round(3)
    return pd.concat([pd.DataFrame(labels), pd.DataFrame(rounded, columns=model.genes.index)], axis=1)  # fmt: skip


_EXAMPLES = {GENERATOR: _of_generator, TRANSLATOR: _of_translator, CLASSIFIER: _of_classifier}
