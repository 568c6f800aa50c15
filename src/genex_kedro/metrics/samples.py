"""Samples as metrics see them, and pairs of samples that a comparison is fair on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Samples:
    """Expression with the labels that a generator is asked for.

    Parameters
    ----------
    expression : ndarray, shape (n_samples, n_genes)
        log2(x+1), finite.
    tissue, condition : ndarray of str, shape (n_samples,)
        ``condition`` is ``tumor`` or ``normal``.

    Raises
    ------
    ValueError
        Lengths differ, values are not finite or a condition is unknown.
    """

    expression: np.ndarray
    tissue: np.ndarray
    condition: np.ndarray

    def __post_init__(self) -> None:
        require_matrix(self.expression)
        for name in ("tissue", "condition"):
            labels = np.asarray(getattr(self, name), dtype=str)
            if labels.shape != (len(self.expression),):
                raise ValueError(
                    f"{name} of shape {labels.shape} for {len(self.expression)} samples"
                )
            object.__setattr__(self, name, labels)
        if unknown := set(self.condition) - {"tumor", "normal"}:
            raise ValueError(f"conditions {sorted(unknown)}, expected tumor and normal")

    def __len__(self) -> int:
        return len(self.expression)

    @property
    def classes(self) -> np.ndarray:
        """``"lung tumor"`` for every sample, shape (n_samples,)."""
        return np.char.add(np.char.add(self.tissue, " "), self.condition)

    def take(self, rows: np.ndarray) -> Samples:
        """The samples at these rows (positions or a mask)."""
        return Samples(self.expression[rows], self.tissue[rows], self.condition[rows])

    def and_others(self, others: Samples) -> Samples:
        """These samples and, after them, others of the same genes."""
        require_same_genes(self.expression, others.expression, least=1)
        parts = ("expression", "tissue", "condition")
        return Samples(*(np.concatenate([getattr(s, p) for s in (self, others)]) for p in parts))


def require_matrix(expression: np.ndarray, least: int = 1) -> None:
    """Refuse what no metric can use.

    Raises
    ------
    ValueError
        Not samples x genes, fewer than `least` samples, or values that are not finite.
    """
    if np.ndim(expression) != 2 or len(expression) < least or not np.shape(expression)[1]:
        raise ValueError(f"expression of shape {np.shape(expression)}, at least {least} samples")
    if not np.isfinite(expression).all():
        raise ValueError(f"{(~np.isfinite(expression)).sum()} values are not finite")


def require_same_genes(real: np.ndarray, synthetic: np.ndarray, least: int = 2) -> None:
    """Refuse two matrices that do not share their genes, with a ValueError."""
    require_matrix(real, least)
    require_matrix(synthetic, least)
    if real.shape[1] != synthetic.shape[1]:
        raise ValueError(f"{real.shape[1]} real genes and {synthetic.shape[1]} synthetic ones")


def mean_of_defined(values: np.ndarray) -> float:
    """Mean of the values, one a sample, that are finite; NaN where none is."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def match_classes(
    real: Samples, synthetic: Samples, rng: np.random.Generator
) -> tuple[Samples, Samples]:
    """As many synthetic samples as real ones of every class, drawn without replacement.

    Nearest neighbours, classifiers and correlations all depend on the number of samples and on
    the mixture of classes, neither of which a generator is to be judged by. Of a class that
    one side holds more of, a random part is used.

    Raises
    ------
    ValueError
        If no class is in both.
    """
    rows: tuple[list, list] = ([], [])
    for name in np.intersect1d(real.classes, synthetic.classes):
        members = [np.flatnonzero(side.classes == name) for side in (real, synthetic)]
        n = min(len(member) for member in members)
        for chosen, member in zip(rows, members, strict=True):
            chosen.append(np.sort(rng.permutation(member)[:n]))
    if not rows[0]:
        raise ValueError(
            f"no class in common: real {np.unique(real.classes)[:3]}, "
            f"synthetic {np.unique(synthetic.classes)[:3]}"
        )
    return real.take(np.concatenate(rows[0])), synthetic.take(np.concatenate(rows[1]))


def real_ceilings(
    train: Samples, test: Samples, held_out: Samples | None, rng: np.random.Generator
) -> dict[str, Samples]:
    """Real samples in the place of synthetic ones: what a perfect generator would score.

    Parameters
    ----------
    train, test : Samples
        ``real_equal_n``: as many training samples of each class as test samples; ``real_all``:
        all of them. They are ceilings of what is compared with test samples; where training
        samples or privacy are asked for, they are copies.
    held_out : Samples or None
        ``real_held_out``: real samples of yet other patients (the validation part), the ceiling
        of privacy and of comparisons with training samples.
    rng : numpy Generator
    """
    ceilings = {"real_equal_n": match_classes(test, train, rng)[1], "real_all": train}
    return ceilings if held_out is None else ceilings | {"real_held_out": held_out}
