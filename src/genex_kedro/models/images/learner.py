"""How an image classifier learns, and how sure it may be."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from genex_kedro.models.images.classifier import ImageClassifier

PARTS = ("learned", "head", "shortcut")  # what may learn


class ImageClassifierLearner:
    """Weighted cross-entropy with AdamW (a Learner, see ``genex_kedro.training``).

    Batches are ``(activations, expression, labels)``: what :func:`activations` made of the
    expression, the expression itself, and the classes as integers. Losses: ``loss``, in training weighted by class, in validation not;
    ``error``, the share of wrong calls.

    Parameters
    ----------
    classifier : ImageClassifier
        Only what learns is in the checkpoints.
    class_counts : sequence of int
        Training samples of each class.
    epochs : int
        Length of the schedule.
    from_expression : bool
        The frozen part works anew on each batch, whatever stands for its activations: the
        plain loop, for data whose activations do not fit into memory.
    """

    def __init__(
        self,
        classifier: ImageClassifier,
        class_counts,
        epochs: int,
        from_expression: bool = False,
    ) -> None:
        config = classifier.config
        self.classifier, self.epochs = classifier, epochs
        self.from_expression = from_expression or not classifier.has_frozen_part
        self.modules = {name: getattr(classifier, name) for name in PARTS}
        self._rates = {
            "learned": config.learning_rate,
            "head": config.head_learning_rate,
            "shortcut": config.shortcut_learning_rate,
        }
        groups = [
            {"params": list(module.parameters()), "lr": self._rates[name]}
            for name, module in self.modules.items()
        ]
        groups[-1]["weight_decay"] = config.shortcut_decay
        self.optimizers = {
            "classifier": torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)
        }
        self._weights = class_weights(class_counts, config.class_weights)

    def on_epoch(self, epoch: int) -> None:
        """Half a cosine, from the full rate to nearly nothing."""
        share = (1 + math.cos(math.pi * (epoch - 1) / self.epochs)) / 2
        for group, name in zip(
            self.optimizers["classifier"].param_groups, self._rates, strict=True
        ):
            group["lr"] = self._rates[name] * share

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step."""
        *given, labels = batch
        optimizer = self.optimizers["classifier"]
        optimizer.zero_grad(set_to_none=True)
        logits = self._logits(given, draw)
        loss = functional.cross_entropy(
            logits,
            labels,
            self._weights.to(logits.device),
            label_smoothing=self.classifier.config.label_smoothing,
        )
        loss.backward()
        optimizer.step()
        return {"loss": loss.detach(), "error": _error(logits.detach(), labels)}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy without weights: the likelihood, which calibration also looks at."""
        *given, labels = batch
        logits = self._logits(given, None)
        return {"loss": functional.cross_entropy(logits, labels), "error": _error(logits, labels)}

    def _logits(self, given: list[Tensor], draw: torch.Generator | None) -> Tensor:
        seen, expression = given
        if self.from_expression:
            seen = self.classifier.activate(expression)
        return self.classifier.finish(seen, expression, draw)


@torch.no_grad()
def activations(
    classifier: ImageClassifier, expression: Tensor, device: torch.device, batch: int = 64
) -> Tensor:
    """The frozen part's activations of all samples, computed once, on the CPU.

    Parameters
    ----------
    classifier : ImageClassifier
    expression : Tensor, shape (n_samples, n_genes)
        Standardised.
    device : torch.device
    batch : int
    """
    classifier.to(device).eval()
    parts = [classifier.activate(part.to(device)).cpu() for part in expression.split(batch)]
    return torch.cat(parts)


def finished_classifier(classifier: ImageClassifier, checkpoint) -> ImageClassifier:
    """The classifier with the weights of a checkpoint, in evaluation mode and float32."""
    for name in PARTS:
        module = getattr(classifier, name)
        module.load_state_dict(checkpoint.weights(name) if list(module.parameters()) else {})
    classifier.exact = True
    return classifier.eval()


def activation_bytes(classifier: ImageClassifier, expression: Tensor) -> int:
    """Memory that the activations of all samples (n_samples, n_genes) would take."""
    one = activations(classifier, expression[:1], torch.device("cpu"))
    return one.numel() * one.element_size() * len(expression)


def class_weights(counts, kind: str) -> Tensor:
    """Weights in the loss, mean 1 over the training samples; shape (n_classes,)."""
    counts = torch.as_tensor(counts, dtype=torch.float32)
    power = {"balanced": 1.0, "root": 0.5, "none": 0.0}[kind]
    weights = counts.clamp(min=1) ** -power
    return weights * counts.sum() / (weights * counts).sum()


@torch.no_grad()
def logits_of(classifier: ImageClassifier, expression: np.ndarray, batch: int = 64) -> np.ndarray:
    """Logits, float64 (n_samples, n_classes), of standardised expression, in evaluation mode."""
    classifier.eval()
    parts = torch.as_tensor(expression, dtype=torch.float32).split(batch)
    return torch.cat([classifier(part) for part in parts]).double().numpy()


def temperature_of(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which validation samples are likeliest (Guo et al. 2017).

    One number, so it can only make a network less (or more) sure of all of its calls, never
    change one. Between 1/20 and 20.

    Parameters
    ----------
    logits : ndarray, shape (n_samples, n_classes)
    labels : ndarray of int, shape (n_samples,)
    """
    from scipy.optimize import minimize_scalar

    given = torch.as_tensor(logits, dtype=torch.float64)
    wanted = torch.as_tensor(labels)

    def cost(log_temperature: float) -> float:
        return float(functional.cross_entropy(given / math.exp(log_temperature), wanted))

    limit = math.log(20)
    return math.exp(minimize_scalar(cost, bounds=(-limit, limit), method="bounded").x)


def _error(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits.argmax(1) != labels).float().mean()
