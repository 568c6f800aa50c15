"""How a training goes or has ended, as checkpoints, cards and tables say it."""

RUNNING, FINISHED, DIVERGED = "running", "finished", "diverged"
PRUNED = "pruned"  # a trial that a search gave up
