"""A sound table and sample sheet to spoil, and what every refusal must say."""

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from genex_kedro.datasets.tables.table import TableCohortDataset
from genex_kedro.errors import InputError
from genex_kedro.genes.panels import panel

N_SAMPLES, N_GENES = 8, 40
GENES = panel("l1000")["symbol"][:N_GENES].tolist()


class Files:
    """A sound table (linear, genes x samples) and sheet, to be spoiled by one case each."""

    def __init__(self, folder):
        self.folder = folder
        self.expression, self.samples = folder / "mine.tsv", folder / "sheet.tsv"
        self.unit = None
        rng = np.random.default_rng(1)
        self.table = pd.DataFrame(
            rng.gamma(2, 200, (N_GENES, N_SAMPLES)).round(2).astype(object),
            index=pd.Index(GENES, name="gene"),
            columns=[f"S{i}" for i in range(N_SAMPLES)],
        )
        self.sheet = pd.DataFrame(
            {
                "sample_id": self.table.columns,
                "patient_id": [f"P{i // 2}" for i in range(N_SAMPLES)],
                "tissue": "lung",
                "condition": ["tumor", "normal"] * (N_SAMPLES // 2),
            }
        )

    def write(self):
        self.table.to_csv(self.expression, sep="\t")
        self.sheet.to_csv(self.samples, sep="\t", index=False)

    def text(self, old, new):
        self.write()
        self.expression.write_text(self.expression.read_text().replace(old, new, 1))

    def bytes(self, content, name=None):
        self.write()
        self.expression = self.expression.with_name(name or self.expression.name)
        self.expression.write_bytes(content)

    def logs(self):
        self.table = np.log2(self.table.astype(float) + 1)

    def load(self):
        paths = [str(path) if path else None for path in (self.expression, self.samples)]
        return TableCohortDataset(*paths, unit=self.unit).load()


class Cases(dict):
    """Ways to spoil the files, by name, each with the pieces its message must hold."""

    def refused_with(self, *pieces):
        """Register a function that spoils the files it is given."""

        def register(spoil):
            self[spoil.__name__] = (spoil, pieces)
            return spoil

        return register

    def check(self, name, folder):
        """Spoil the files as `name` says, read them, and judge the message."""
        spoil, pieces = self[name]
        files = Files(folder)
        with pytest.raises((InputError, DatasetError)) as caught:  # Kedro wraps what load raises
            spoil(files)
            files.load()
        error = caught.value
        if isinstance(error, DatasetError):
            error = error.__cause__
        assert isinstance(error, InputError), repr(error)
        message = str(error)
        for piece in (*pieces, "found:", "expected:", "to do:"):
            assert piece in message, message
        assert all((error.where, error.found, error.expected, error.remedy))
        assert error.remedy[0].isupper()
