"""A runner that leaves out what is already there and still true.

``kedro run --only-missing-outputs`` asks whether a file exists; a table made from another
cohort or with other parameters exists too. Here every node leaves a record (its inputs,
parameters, code and outputs, by fingerprint) after its last output is saved. A node is left
out only while all of that is unchanged, so an interrupted run goes on where it stopped and a
changed parameter runs what depends on it, and nothing else.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from kedro.io import MemoryDataset
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.runner import SequentialRunner, Task

from genex_kedro.datasets.atomic import staged_file
from genex_kedro.datasets.lock import only_run
from genex_kedro.fingerprint import code_digest, digest, file_state

log = logging.getLogger(__name__)

_UNKNOWN = "unknown"  # a data set that cannot tell whether it changed: assume that it did


class ReusingRunner(SequentialRunner):
    """Runs the nodes whose record is missing or out of date, in order.

    Parameters
    ----------
    ledger : Path
        Folder of the records, one JSON file a node.
    rerun : bool
        Run every node; trainings that were interrupted still go on where they stopped. The
        parameter ``reuse`` (``--params reuse=false``) also forgets what they could go on from.
    """

    def __init__(self, ledger: Path, rerun: bool = False) -> None:
        super().__init__(is_async=False)
        self._ledger = Path(ledger)
        self._rerun, self._afresh = rerun, False

    def __repr__(self) -> str:
        # kedro-viz shows the status of a run only if it finds this name in the runner's
        return "<ReusingRunner, a kedro.runner.sequential_runner.SequentialRunner object>"

    def run(self, pipeline, catalog, hook_manager=None, run_id=None, only_missing_outputs=False):
        self._afresh = not _parameter(catalog, "reuse", True)
        # two runs in one folder would overwrite each other's results
        with only_run(self._ledger / "lock", project=self._ledger.parents[1]):
            pipeline = self._needed(pipeline, catalog)
            return super().run(pipeline, catalog, hook_manager, run_id, only_missing_outputs)

    def _needed(self, pipeline: Pipeline, catalog) -> Pipeline:
        """The pipeline without what is up to date."""
        if not (self._rerun or self._afresh):
            stale = self._stale(pipeline, catalog)
            if len(stale) < len(pipeline.nodes):
                log.info(
                    "%d of %d nodes are up to date and left out (--params reuse=false runs them)",
                    len(pipeline.nodes) - len(stale),
                    len(pipeline.nodes),
                )
            pipeline = Pipeline([n for n in pipeline.nodes if n.name in stale])
        return pipeline

    def _run(self, pipeline, catalog, hook_manager=None, run_id=None) -> None:
        for done, node in enumerate(pipeline.nodes, 1):
            log.info("[%d/%d] %s", done, len(pipeline.nodes), node.name)
            before = self._fingerprint(node, catalog)
            self._begin(node, catalog)
            Task(node, catalog, is_async=False, hook_manager=hook_manager, run_id=run_id).execute()
            self._record(node, catalog, before)
            later = {name for n in pipeline.nodes[done:] for name in n.inputs}
            for name in set(node.inputs) - later:
                catalog.release(name)

    def _begin(self, node: Node, catalog) -> None:
        """Take the node's record away, since its outputs are about to change.

        What a training could go on from stays, unless all is to be done anew: checkpoints say
        themselves which data and settings they belong to.
        """
        self._record_file(node).unlink(missing_ok=True)
        if self._afresh:
            for dataset in map(catalog.get, node.inputs):
                if getattr(dataset, "is_resume_state", False):
                    dataset.discard()

    def _stale(self, pipeline: Pipeline, catalog) -> set[str]:
        """Names of the nodes to run: out of date, below such a node, or needed in memory."""
        parents = pipeline.node_dependencies
        stale: set[Node] = set()
        for node in pipeline.nodes:
            if parents[node] & stale or not self._is_current(node, catalog):
                stale.add(node)
        for node in reversed(pipeline.nodes):
            if node in stale:
                stale |= {p for p in parents[node] if _passes_memory(p, node, catalog)}
        return {node.name for node in stale}

    def _is_current(self, node: Node, catalog) -> bool:
        path = self._record_file(node)
        if not path.exists() or not all(catalog.exists(name) for name in node.outputs):
            return False
        record, now = json.loads(path.read_text()), self._fingerprint(node, catalog)
        if _UNKNOWN in now.values():
            return False
        return record["inputs"] == now and record["outputs"] == self._states(node.outputs, catalog)

    def _record(self, node: Node, catalog, inputs: dict) -> None:
        with staged_file(self._record_file(node)) as staged:
            record = {"inputs": inputs, "outputs": self._states(node.outputs, catalog)}
            staged.write_text(json.dumps(record, indent=1))

    def _record_file(self, node: Node) -> Path:
        return self._ledger / f"{node.name}.json"

    def _fingerprint(self, node: Node, catalog) -> dict:
        return {"code": code_digest(node.func), **self._states(node.inputs, catalog)}

    def _states(self, names, catalog) -> dict:
        return {name: _state(name, catalog) for name in names}


def _state(name: str, catalog):
    """What is known of a data set without reading it: parameters by value, files by stat."""
    if name == "parameters" or name.startswith("params:"):
        return digest(catalog.load(name))
    dataset = catalog.get(name)
    if getattr(dataset, "is_resume_state", False):
        return None  # where an interrupted training left off is not an input of its result
    if hasattr(dataset, "fingerprint"):
        return digest([dataset.fingerprint(), code_digest(type(dataset))])
    path = getattr(dataset, "_filepath", None)
    return _UNKNOWN if path is None else file_state(Path(path))


def _passes_memory(parent: Node, node: Node, catalog) -> bool:
    shared = set(parent.outputs) & set(node.inputs)
    return any(isinstance(catalog.get(name), MemoryDataset) for name in shared)


def _parameter(catalog, name: str, default):
    return catalog.load(f"params:{name}") if f"params:{name}" in catalog else default
