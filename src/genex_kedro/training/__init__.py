"""One fit loop for every model: device, batches, early stopping, checkpoints, history."""

from genex_kedro.training.checkpoint import Checkpoint
from genex_kedro.training.learner import Learner
from genex_kedro.training.loop import fit
from genex_kedro.training.rows import Rows
from genex_kedro.training.settings import FitSettings

__all__ = ["Checkpoint", "FitSettings", "Learner", "Rows", "fit"]
