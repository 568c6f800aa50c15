"""kill -9 in the middle of `kedro run`: the next run goes on and ends with the same numbers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from kedro.framework.startup import bootstrap_project

from conftest import ROOT
from genex_kedro.datasets.checkpoint import CheckpointDataset

LONG = {
    "discriminator": {
        "networks": {
            "paper": {"fit": {"epochs": 40, "patience": None}},
            "best": {"fit": {"epochs": 40, "patience": None}},
        }
    }
}
ARGUMENTS = ",".join(
    f"discriminator.networks.{n}.fit.{k}={v}" for n in ("paper", "best") for k, v in (("epochs", 40), ("patience", "null"))
)  # fmt: skip


def results(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores = pd.read_parquet(folder / "data/07_model_output/discriminator/pooled/scores.parquet")
    history = pd.read_csv(folder / "data/06_models/discriminator/pooled/history.csv")
    return scores, history.drop(columns=["seconds", "samples_per_second"])


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kedro", "run", "--env", "test", *arguments]


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


@pytest.mark.parametrize("seed", [0, 1])
def test_a_killed_run_goes_on_to_the_same_numbers(project, run_session, seed):
    run_session("discriminator", params=LONG)
    expected = results(project)
    (project / "data").rename(project / "uninterrupted")
    (project / "data").mkdir()

    process = subprocess.Popen(
        command("--pipelines", "discriminator", "--params", ARGUMENTS),
        cwd=project, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    checkpoints = project / "data/06_models/discriminator/pooled/checkpoints"
    deadline = time.monotonic() + 120
    while not any(checkpoints.glob("[!.]*.safetensors")) and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    time.sleep(random.Random(seed).uniform(0, 0.4))
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL

    left = CheckpointDataset(str(checkpoints)).load()
    assert "running" in {checkpoint.status for checkpoint in left.values()}, "killed too late"
    run_session("discriminator", params=LONG)
    for frame, other in zip(results(project), expected, strict=True):
        pd.testing.assert_frame_equal(frame, other, check_exact=True)


def test_the_command_line_prints_a_mistake_without_a_traceback(project):
    bootstrap_project(project)
    done = subprocess.run(
        [*command(), "--env", "table"], cwd=project, env=environment(), capture_output=True, text=True, check=False
    )  # fmt: skip
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in printed
    assert "cohort.expression" in printed
    assert "to do:" in printed
