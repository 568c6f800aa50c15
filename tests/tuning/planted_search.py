"""A search with a planted optimum, and fits that cost nothing (run by itself: one process of several).

Usage: planted_search.py STORAGE SECONDS: a journal or the URL of a database, and what an epoch takes.
"""

import math
import subprocess
import sys
import time
from pathlib import Path

from genex_kedro.datasets.trial_storage import TrialStorageDataset
from genex_kedro.tuning.search import search
from genex_kedro.tuning.settings import MedianPruner, SearchSettings
from genex_kedro.tuning.trials import Trials, open_study

GRID = SearchSettings(
    sampler="grid",
    space={"learning_rate": [0.001, 0.005, 0.0001, 0.00001], "hidden_layers": [2, 3, 4]},
)
TPE = SearchSettings(
    n_trials=30,
    startup=8,
    seed=3,
    space={
        "learning_rate": {"low": 0.00001, "high": 0.1, "log": True},
        "hidden_layers": [2, 3, 4],
        "latent": {"low": 10, "high": 100},
    },
)
PRUNED = TPE.model_copy(
    update={"pruner": MedianPruner(startup=4, warm_up=1), "n_trials": 12, "startup": 4}
)
EPOCHS = 3


def planted_loss(parameters) -> float:
    """Least for three layers and a learning rate of .001."""
    decades = math.log10(parameters["learning_rate"]) + 3
    return decades**2 + 0.5 * abs(parameters["hidden_layers"] - 3)


class PlantedFits:
    """Losses fall towards the planted one; a learning rate above .05 diverges."""

    def __init__(self, chosen, seconds=0.0):
        self.chosen, self.seconds = chosen, seconds
        self.states = [
            {"status": "running", "epoch": 0, "value": None, "best_value": None, "best_epoch": None}
            for _ in chosen
        ]

    def running(self):
        return [i for i, state in enumerate(self.states) if state["status"] == "running"]

    def stop(self, i):
        self.states[i]["status"] = "stopped"

    def advance(self):
        advanced = self.running()
        for i in advanced:
            time.sleep(self.seconds)
            state = self.states[i]
            state["epoch"] += 1
            if self.chosen[i]["learning_rate"] > 0.05:
                state.update(status="diverged", value=None)
                continue
            value = planted_loss(self.chosen[i]) + 1 / state["epoch"]
            state.update(value=value, best_value=value, best_epoch=state["epoch"])
            if state["epoch"] == EPOCHS:
                state["status"] = "finished"
        return advanced


def run(journal: Path | str, settings: SearchSettings, at_once=1, seconds=0.0, shared=None):
    """Search to the end, or until something happens; the study."""
    study = open_study(TrialStorageDataset(str(journal), shared).load(), "planted", settings)
    for _ in search(Trials(study, settings), at_once, lambda chosen: PlantedFits(chosen, seconds)):
        pass
    return study


def start_together(storage: str, seconds: float, number: int = 2) -> list[subprocess.Popen]:
    """Processes that search in one storage; none begins before all of them have started."""
    command = [sys.executable, __file__, storage, str(seconds)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(number)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.close()
    return processes


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.read()
    run("unused", GRID, seconds=float(sys.argv[2]), shared=sys.argv[1])
