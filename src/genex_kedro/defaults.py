"""Settings of generators that no parameters file names."""

from __future__ import annotations

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol

from genex_kedro.models.families import RIVALS


class DefaultSettingsHooks:
    """Lets a family of generators be trained with the defaults of its config.

    Without them a new family would need a block in ``conf/base/parameters_baselines.yml``
    before anything could run.
    """

    @hook_impl
    def after_catalog_created(self, catalog: CatalogProtocol) -> None:
        """One setting, ``best``, for each family of which the parameters say nothing."""
        for family in RIVALS:
            if (name := f"params:baselines.{family.name}") not in catalog:
                catalog[name] = {"networks": {"best": {"network": {}, "fit": {}}}}
