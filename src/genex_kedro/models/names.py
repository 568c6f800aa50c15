"""What models are called: one name each, in tables, in MLflow, in cards and in parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

# what stands before the setting
SIMPLE = "simple"  # whatever needs no network
REAL, CEILING = "real", "ceiling"  # what real samples reach among generators, among translators
CYCLEGAN = "cyclegan"
IMAGES = "images"
LOGISTIC = "logistic regression"  # the simple model of two studies
MODELS = "models"  # the folder of a family's trained models, beside its checkpoints
# families whose folder is called after their pipeline, and their models otherwise
_LABELS = {"translators": SIMPLE, "image_transfer": IMAGES}
_JUDGES = "discriminator."


def full_name(label: str, setting: str) -> str:
    """Of a model: ``"cvae/best"``, ``"pooled judge/paper"``."""
    return f"{label}/{setting}"


def judge_label(judge: str) -> str:
    """What the models of a judge are called before the setting: ``"pooled judge"``."""
    return f"{judge} judge"


@dataclass(frozen=True)
class ModelName:
    """What a trained model is called, and where it lies.

    Attributes
    ----------
    family : str
        Folders below that of all models, by dots: ``"cvae"``, ``"discriminator.pooled"``.
    setting : str
    seed : int
        Of the split and the training.
    """

    family: str
    setting: str
    seed: int

    @property
    def full(self) -> str:
        """As in tables: ``"tvae/log2"``, ``"simple/gene_slopes"``, ``"pooled judge/best"``."""
        last = self.family.rpartition(".")[2]
        label = judge_label(last) if self.family.startswith(_JUDGES) else _LABELS.get(last, last)
        return full_name(label, self.setting)

    @property
    def folder(self) -> PurePosixPath:
        """Below that of all models."""
        key = f"{self.setting}_seed_{self.seed}"
        return PurePosixPath(*self.family.split("."), MODELS, key)

    def answers_to(self, asked: str) -> bool:
        """Whether `asked` is its full name, or says its folder: ``"baselines.tvae/log2"``."""
        folders = (self.family, self.family.rpartition(".")[2])
        return asked in (self.full, *(full_name(folder, self.setting) for folder in folders))
