"""The fits of trials: one after the other, or in stacks."""

from __future__ import annotations

from anndata import AnnData

from genex_kedro.models.cvae.config import CVAE
from genex_kedro.study.generation.fitting import GeneratorFit
from genex_kedro.study.generation.settings import GeneratorNetworkSettings, GeneratorSettings
from genex_kedro.tuning.search import Fits


def start_fits(
    study: AnnData,
    networks: list[GeneratorNetworkSettings],
    settings: GeneratorSettings,
    together: bool,
) -> Fits:
    """Begin a fit for each setting.

    Parameters
    ----------
    study : AnnData
    networks : list of GeneratorNetworkSettings
    settings : GeneratorSettings
    together : bool
        Settings of one shape in one stack.
    """
    fits = [GeneratorFit(study, network, settings, CVAE) for network in networks]
    return _stacked(fits) if together and len(fits) > 1 else _in_turn(fits)


def _in_turn(fits: list[GeneratorFit]) -> Fits:
    from genex_kedro.training.in_turn import InTurn

    epochs = [fit.network.fit.epochs for fit in fits]
    return InTurn([fit.run(None) for fit in fits], epochs, fits[0].network.fit.monitor)


def _stacked(fits: list[GeneratorFit]) -> Fits:
    from genex_kedro.models.cvae.stack import CvaeStack, shape_of
    from genex_kedro.training.epochs import Epochs
    from genex_kedro.training.together import Together

    alike: dict[tuple, list[int]] = {}
    for i, fit in enumerate(fits):
        alike.setdefault((shape_of(fit.network.network), fit.network.fit), []).append(i)
    stacks = []
    for members in alike.values():
        one, stack = fits[members[0]], CvaeStack([fits[i].learner() for i in members])
        data = one.tensors("train"), one.tensors("validation")
        stacks.append(Epochs(stack, *data, one.network.fit, one.seed))
    return Together(stacks, list(alike.values()))
