"""The results of a translation stay together."""

from __future__ import annotations

import pandas as pd
import pytest
from kedro.io import DatasetError

from genex_kedro.datasets.translation_folder import TranslationFolderDataset

TABLE = pd.DataFrame({"TP53": [1.5, 2.0]}, index=pd.Index(["a", "b"], name="sample_id"))
CALLS = pd.DataFrame({"unsure": [True, False]}, index=TABLE.index)
WHOLE = {"expression": TABLE, "draws": TABLE, "change": TABLE, "calls": CALLS, "report": "# Words"}


def test_what_is_saved_is_loaded_and_nothing_of_an_earlier_run_stays(tmp_path):
    folder = TranslationFolderDataset(str(tmp_path / "out"))
    assert not folder.exists()
    folder.save(WHOLE)
    loaded = folder.load()
    pd.testing.assert_frame_equal(loaded["expression"], TABLE)
    pd.testing.assert_frame_equal(loaded["calls"], CALLS)
    assert loaded["report"] == "# Words" and "unsure" in str(folder.preview())
    folder.save({k: v for k, v in WHOLE.items() if k != "draws"})
    assert "draws" not in folder.load() and not (tmp_path / "out/draws.parquet").exists()


def test_an_unknown_result_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="spare"):
        TranslationFolderDataset(str(tmp_path / "out")).save({"spare": TABLE})
