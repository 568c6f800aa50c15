"""Trained models taken by name; reading them is the caller's affair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from genex_kedro.errors import InputError, some
from genex_kedro.models.card_uses import CLASSIFIER, GENERATOR, JUDGE, TRANSLATOR, kind_of
from genex_kedro.models.names import ModelName

if TYPE_CHECKING:  # torch takes seconds to import
    from genex_kedro.models.base import TrainedModel

_FAMILIES = {
    GENERATOR: ("cvae", "baselines"),
    TRANSLATOR: ("cyclegan", "translators"),
    JUDGE: ("discriminator",),
    CLASSIFIER: ("image_transfer",),
}
_TRAINED_BY = {
    GENERATOR: "cvae (its rivals: baselines)",
    TRANSLATOR: "reversion",
    JUDGE: "reversion",
    CLASSIFIER: "image_transfer",
}
ATLAS = ModelName("translators", "atlas", 0).full  # what translators lean on, and no translator


@dataclass(frozen=True)
class ModelShelf:
    """The models that are trained; each is read only when it is taken.

    Parameters
    ----------
    names : sequence of ModelName
        By family and setting, seeds in order.
    root : Path
        The folder of all families.
    read : callable
        Gives the model in a folder of its own.
    read_elsewhere : callable
        Gives the model in a folder that a user names, whatever that is.
    """

    names: Sequence[ModelName]
    root: Path
    read: Callable[[Path], TrainedModel]
    read_elsewhere: Callable[[str], TrainedModel]

    def find(
        self, asked: str, seed: int | None = None, kind: str | None = None
    ) -> tuple[ModelName, TrainedModel]:
        """The model of this name.

        Parameters
        ----------
        asked : str
            As in tables, ``"cvae/best"``, ``"images/best"``; or by its folder.
        seed : int, optional
            None takes the first seed that was trained.
        kind : str, optional
            That it must be, of :data:`genex_kedro.models.card_uses.USES`.

        Raises
        ------
        InputError
            If none is trained, none of that name or seed, it is of another kind, or its folder is damaged.
        """
        named = [name for name in self.names if name.answers_to(asked)]
        chosen = [name for name in named if seed in (None, name.seed)]
        if not chosen:
            self._refuse(asked, seed, named, kind)
        name = chosen[0]
        return name, self._checked(self.read(self.path(name)), f"model {asked!r}", kind)

    def open(self, folder: str, kind: str | None = None) -> TrainedModel:
        """The model in a folder from elsewhere.

        Raises
        ------
        InputError
            No such folder; a folder of several models; a file missing or damaged; a model of another kind.
        """
        return self._checked(self.read_elsewhere(folder), f"model folder {folder}", kind)

    def has(self, asked: str, seed: int) -> bool:
        """Whether that model is there."""
        return any(name.answers_to(asked) and name.seed == seed for name in self.names)

    def path(self, name: ModelName) -> Path:
        """The folder of a model."""
        return self.root / name.folder

    def _checked(self, model: TrainedModel, where: str, kind: str | None) -> TrainedModel:
        found = kind_of(model.config)
        if kind is None or found == kind:
            return model
        there = self._of_kind(kind)
        raise InputError(
            where=where,
            found=f"a trained {found or model.config.get('model')}",
            expected=f"a {kind}: one of {some(there, 20)}" if there else f"a {kind}",
            remedy=_remedy(kind, there),
        )

    def _of_kind(self, kind: str | None) -> list[str]:
        """Full names of those to choose from."""
        families = _FAMILIES.get(kind) or [name.family.partition(".")[0] for name in self.names]
        of_kind = {n.full for n in self.names if n.family.partition(".")[0] in families}
        return sorted(of_kind - {ATLAS})

    def _refuse(
        self, asked: str, seed: int | None, named: list[ModelName], kind: str | None
    ) -> NoReturn:
        there = self._of_kind(kind)
        if named:
            found, expected = f"no training with seed {seed}", f"one of {some(n.seed for n in named)}"  # fmt: skip
        elif there:
            found, expected = "no trained model of that name", f"one of {some(there, 20)}"
        else:
            found = f"no trained {kind or 'model'} in {self.root}"
            expected = f"a {kind or 'model'} that was trained before"
        raise InputError(
            where=f"model {asked!r}", found=found, expected=expected, remedy=_remedy(kind, there)
        )


def _remedy(kind: str | None, there: list[str]) -> str:
    """What to do for a model of this kind; one of no kind comes with the translators."""
    trained_by = _TRAINED_BY.get(kind, _TRAINED_BY[TRANSLATOR])
    first = "Name one that is there, or train it first" if there else "Train it first"
    return (
        f"{first}, on your cohort (with its --env and --params): kedro run --pipelines {trained_by}"
    )
