"""What the aligned translator is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class AlignedConfig(BaseModel):
    """Numbers of :class:`genex_kedro.models.aligned.model.Aligned`; docs/cyclegan.md says what chose them.

    Parameters
    ----------
    power : float
        How far the directions in which samples of a class differ are evened out before the
        tumor's residual is passed on: its weight is variance ** -power. 0 passes it on as it
        is (nearest in RMSE), 1 in full (the right patient).
    diagonal : float
        Share of the covariance that is taken to be gene by gene.
    reach : float
        Spread of the point estimates around their class over that of normals, where there are
        too few validation pairs to tell.
    stretch : float
        How far beyond what least squares would pass on: a few thousandths of RMSE buy the right
        patient more weight against what class probabilities add.
    class_prior, tissue_prior : float
        Normals that the tissue's mean counts as against a class's own, and the mean of tissues
        against the tissue's.
    unseen_slope : float
        Share of how tissues' mean normals follow their mean tumors that is trusted for a
        tissue whose normals were never seen.
    spread_prior : float
        Normals that the pooled spread of a gene counts as against a class's own.
    covariance_prior : float
        Normals that the pooled correlations count as against a class's own.
    axes, class_axes : int
        Most axes that correlations are kept by, pooled and of a class; a class has at most one
        for two samples, so that none can be told from it.
    draw_spread : float
        Of the draws, over that of normals.
    normal_odds : float
        Log odds, beyond even, that must speak for a normal before a sample is left alone.
    paired : bool
        Learn from pairs of training patients how much of each gene is passed on.
    slope_prior : float
        Weight of the slope common to all genes, in average genes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["aligned"] = "aligned"
    power: float = Field(default=0.35, ge=0, le=2)
    diagonal: float = Field(default=0.3, gt=0, le=1)
    reach: float = Field(default=0.1, ge=0)
    stretch: float = Field(default=1.5, ge=0)
    class_prior: float = Field(default=8.0, ge=0)
    tissue_prior: float = Field(default=2.0, ge=0)
    unseen_slope: float = Field(default=0.5, ge=0)
    spread_prior: float = Field(default=2.0, gt=0)
    covariance_prior: float = Field(default=2.0, gt=0)
    axes: int = Field(default=100, ge=1)
    class_axes: int = Field(default=10, ge=1)
    draw_spread: float = Field(default=0.95, gt=0)
    normal_odds: float = 6.0
    paired: bool = False
    slope_prior: float = Field(default=0.3, ge=0)
