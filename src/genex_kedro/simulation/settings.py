"""How large a simulated cohort is, and how strong each planted effect."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from genex_kedro.simulation.samples import TISSUES


class SimulationSettings(BaseModel):
    """Size and strengths of a simulated cohort; all strengths in log2 units.

    The defaults give 890 samples (500 tumors, 150 of them with an adjacent normal, and 240 GTEx
    normals) of 8 tissues. Where a comment says *real*, it was measured on 479 patients with a
    tumor and an adjacent normal in 16 TCGA cohorts, 514 genes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(0, ge=0, description="The same seed and settings give the same cohort.")
    tissues: tuple[str, ...] = Field(TISSUES, min_length=1, description="Some of the 8 tissues.")
    n_genes: int | None = Field(
        None, ge=100, description="Markers and X/Y genes, then the panels; None: all of them."
    )
    tumors_per_type: int = Field(50, ge=1, le=9999, description="Tumors of each TCGA type.")
    pairs_per_type: int = Field(15, ge=0, description="Of those, with an adjacent normal.")
    gtex_per_tissue: int = Field(30, ge=0, description="GTEx normals of each tissue.")

    tissue_sd: float = Field(0.5, ge=0, description="Gene's spread over tissues; real median .53.")
    marker_shift: float = Field(9.0, ge=0, description="How far a marker rises in its tissue.")
    shared_genes: int = Field(700, ge=0, description="Genes that shift in every tumor.")
    shared_sd: float = Field(0.9, ge=0, description="Spread of those shifts in a pure tumor.")
    type_genes: int = Field(500, ge=0, description="Genes that shift in one tumor type.")
    type_sd: float = Field(1.7, ge=0, description="Spread of those shifts in a pure tumor.")
    shift_limit: float = Field(
        1.3, gt=0, description="Largest shared shift: no single gene may tell tumor from normal."
    )
    dedifferentiation: float = Field(
        0.25, ge=0, le=1, description="Part of the tissue's program that a pure tumor loses."
    )
    purity_mean: float = Field(0.62, gt=0, lt=1, description="Mean share of tumor cells.")
    purity_sd: float = Field(0.18, gt=0, description="Its spread between tumors (Beta).")
    source_sd: float = Field(0.25, ge=0, description="Gene-wise shift of GTEX against TCGA.")

    patient_sd: float = Field(
        0.17, ge=0, description="A patient's own level of a gene, low rank; in all the samples."
    )
    patient_rank: int = Field(8, ge=1, description="Rank of that part.")
    private_share: float = Field(
        0.03, ge=0, le=1, description="Share of genes a patient has at a level of their own."
    )
    private_sd: float = Field(0.6, ge=0, description="Spread of those levels.")
    n_modules: int = Field(20, ge=1, description="Modules of genes that vary together.")
    module_sd: float = Field(0.4, ge=0, description="A gene's spread within a class by modules.")
    noise_sd: float = Field(0.2, ge=0, description="Median spread of a gene by itself.")
    tumor_spread: float = Field(
        1.4, gt=0, description="Modules and noise in tumors against normals; real .61/.43."
    )
    dropout_midpoint: float = Field(0.8, description="Expression that is lost half of the time.")
    dropout_width: float = Field(
        0.8, gt=0, description="Logistic width; real zeros: 25 % at 1.5, 4 % at 3.5, .5 % at 5."
    )

    @model_validator(mode="after")
    def _consistent(self) -> SimulationSettings:
        unknown = [tissue for tissue in self.tissues if tissue not in TISSUES]
        if unknown or len(set(self.tissues)) < len(self.tissues):
            raise ValueError(f"tissues: each one once, of {', '.join(TISSUES)}")
        if self.pairs_per_type > self.tumors_per_type:
            raise ValueError("pairs_per_type: at most tumors_per_type, as a pair needs its tumor")
        if self.purity_sd**2 >= self.purity_mean * (1 - self.purity_mean):
            raise ValueError("purity_sd: below sqrt(purity_mean * (1 - purity_mean))")
        return self
