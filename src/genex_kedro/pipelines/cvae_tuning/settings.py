"""Parameters of the search for settings of the conditional VAE."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from genex_kedro.errors import InputError
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.study.generation.settings import GeneratorNetworkSettings, GeneratorSettings
from genex_kedro.tuning.settings import Range, SearchSettings

DEPTH, BATCH = "hidden_layers", "batch_size"
_SEARCHABLE = {*CvaeConfig.model_fields, DEPTH, BATCH}


class TuningStudySettings(SearchSettings):
    """One named study.

    Parameters
    ----------
    base : str
        The setting of ``cvae.networks`` that every trial is, but for what is searched.
    epochs : int
        The most of a trial. Patience is that of the base.
    widths : tuple of int
        Of hidden layers: ``hidden_layers: n`` gives the encoder the first n of them and the
        decoder the same in reverse.
    space : dict
        ``hidden_layers``, ``batch_size``, or any field of :class:`CvaeConfig`.
    """

    base: str
    epochs: int = Field(ge=1)
    widths: tuple[int, ...] = (1000, 512, 256, 128)

    @model_validator(mode="after")
    def _is_known(self) -> TuningStudySettings:
        if unknown := sorted(self.searched.keys() - _SEARCHABLE):
            raise ValueError(f"space.{unknown[0]} is none of {', '.join(sorted(_SEARCHABLE))}")
        depths = self.searched.get(DEPTH, (0,))
        depths = (depths.high,) if isinstance(depths, Range) else depths
        if not all(type(depth) is int for depth in depths):
            raise ValueError(f"space.{DEPTH} holds numbers of layers, not {depths}")
        most = max(depths)
        if most > len(self.widths):
            raise ValueError(f"{most} hidden layers need as many widths, not {len(self.widths)}")
        return self

    def setting(
        self, base: GeneratorNetworkSettings, chosen: dict[str, Any]
    ) -> GeneratorNetworkSettings:
        """The base with a trial's parameters in it, and its own epochs."""
        network, fit = dict(base.network), dict(base.fit)
        for name, value in chosen.items():
            if name == DEPTH:
                widths = self.widths[:value]
                network |= {"encoder_hidden": widths, "decoder_hidden": widths[::-1]}
            elif name == BATCH:
                fit[BATCH] = value
            else:
                network[name] = value
        parts = {"scaling": base.scaling, "network": network, "fit": fit}
        return GeneratorNetworkSettings[CvaeConfig].model_validate(parts)


class TuningSettings(BaseModel):
    """Parameters ``cvae_tuning``.

    Parameters
    ----------
    studies : dict
        By name; null leaves one out.
    together : bool or "auto"
        Trials of one shape train stacked, as one network; ``auto`` does it on CUDA. The numbers
        are the same but for rounding.
    """

    model_config = ConfigDict(extra="forbid")
    studies: dict[str, TuningStudySettings | None]
    together: Literal["auto"] | bool = "auto"

    @property
    def chosen(self) -> dict[str, TuningStudySettings]:
        """The studies that were not left out."""
        return {name: study for name, study in self.studies.items() if study is not None}


def check(tuning: TuningSettings, settings: GeneratorSettings[CvaeConfig]) -> None:
    """Refuse what would only fail when a trial comes to it.

    Raises
    ------
    InputError
        If a base is not there, a value is none of its field's, or two bases see differently
        scaled data, so that their losses do not compare.
    """
    for name, study in tuning.chosen.items():
        where = f"parameter cvae_tuning.studies.{name}"
        if study.base not in settings.networks:
            raise InputError(
                where=f"{where}.base",
                found=repr(study.base),
                expected=f"one of {', '.join(settings.networks)}",
                remedy="Name a setting of cvae.networks.",
            )
        for parameter, values in study.searched.items():
            ends = (values.low, values.high) if isinstance(values, Range) else values
            for value in ends:
                _check_value(f"{where}.space.{parameter}", study, settings, {parameter: value})
    scalings = {settings.networks[study.base].scaling for study in tuning.chosen.values()}
    if len(scalings) > 1:
        raise InputError(
            where="parameter cvae_tuning.studies",
            found=f"bases with the scalings {', '.join(sorted(scalings))}",
            expected="one scaling: the loss is a density of scaled expression",
            remedy="Tune settings of different scaling one at a time (cvae_tuning.studies.NAME=null leaves one out).",
        )


def check_samples(
    tuning: TuningSettings, settings: GeneratorSettings[CvaeConfig], n_samples: int, n_classes: int
) -> None:
    """Refuse latents that a core cannot be fitted with, before the trial that draws them.

    Parameters
    ----------
    tuning : TuningSettings
    settings : GeneratorSettings
    n_samples, n_classes : int
        Of the training part.

    Raises
    ------
    InputError
    """
    for name, study in tuning.chosen.items():
        network, space = settings.networks[study.base].network, study.searched
        latents = space.get("latent", (network.latent,))
        most = latents.high if isinstance(latents, Range) else max(latents)
        has_core = any(space.get("core", (network.core,)))
        if has_core and most >= n_samples - n_classes:
            raise InputError(
                where=f"parameter cvae_tuning.studies.{name}.space.latent",
                found=f"up to {most} latent dimensions",
                expected=f"fewer than {n_samples - n_classes}: the core is fitted to {n_samples} training samples of {n_classes} classes",
                remedy="Lower it, leave the study out (null), or bring more samples.",
            )


def _check_value(where: str, study: TuningStudySettings, settings, chosen: dict) -> None:
    try:
        study.setting(settings.networks[study.base], chosen)
    except ValidationError as error:
        raise InputError(
            where=where,
            found=f"{next(iter(chosen.values()))!r}",
            expected=f"a value of that parameter: {error.errors()[0]['msg']}",
            remedy="Correct the value.",
        ) from error
