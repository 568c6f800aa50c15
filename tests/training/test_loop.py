"""The fit loop: it learns, stops, keeps the best, and resumes to the same bits."""

import dataclasses

import pytest
import torch
from linear_learner import LinearLearner, planted
from pydantic import ValidationError

from genex_kedro.errors import InputError
from genex_kedro.training import FitSettings, fit
from genex_kedro.training.settings import choose_device
from genex_kedro.training.threads import probe_threads

SETTINGS = FitSettings(epochs=6, batch_size=50, patience=None, device="cpu", save_every_s=0)


def run(settings=SETTINGS, resume=None, learner=None, seed=5, fingerprint="f", validation=True):
    x, y = planted()
    held_out = (x[160:], y[160:]) if validation else None
    learner = learner or LinearLearner()
    return list(fit(learner, (x[:160], y[:160]), held_out, settings, seed, resume, fingerprint))


def same(a, b):
    assert a.tensors.keys() == b.tensors.keys()
    for key, tensor in a.tensors.items():
        assert torch.equal(tensor, b.tensors[key]), key
    timing = ("seconds", "samples_per_second")
    for one, other in zip(a.history, b.history, strict=True):
        assert {k: v for k, v in one.items() if k not in timing} == {
            k: v for k, v in other.items() if k not in timing
        }


def test_it_recovers_a_planted_linear_function():
    last = run(FitSettings(epochs=60, batch_size=50, patience=None, device="cpu"),
               learner=type("Constant", (LinearLearner,), {"on_epoch": lambda *_: None})())[-1]  # fmt: skip
    assert last.status == "finished"
    assert last.state["best_value"] < 0.1 * planted()[1].var()
    assert [row["epoch"] for row in last.history] == list(range(1, 61))
    assert all(row["samples_per_second"] > 0 for row in last.history)


def test_every_resumed_run_ends_with_the_bits_of_an_uninterrupted_one():
    checkpoints = run()
    assert len(checkpoints) == 6
    same(run(FitSettings(**{**SETTINGS.model_dump(), "save_every_s": 1e9}))[-1], checkpoints[-1])
    for checkpoint in checkpoints[:-1]:
        same(run(resume=checkpoint)[-1], checkpoints[-1])


def test_a_checkpoint_shares_no_memory_with_the_fit():
    x, y = planted()
    fitting = fit(LinearLearner(), (x, y), None, SETTINGS, 5)
    first = next(fitting)
    copy = {key: tensor.clone() for key, tensor in first.tensors.items()}
    list(fitting)
    assert all(torch.equal(copy[key], first.tensors[key]) for key in copy)
    assert len(first.history) == 1


def test_the_seed_decides_and_the_global_generator_does_not():
    a = run()[-1]
    torch.manual_seed(99)
    same(run()[-1], a)
    b = run(seed=6)[-1]
    assert not torch.equal(a.weights("net")["output.weight"], b.weights("net")["output.weight"])


def test_early_stopping_keeps_the_weights_of_the_best_epoch():
    class Rising(LinearLearner):
        """Validation losses 3, 1, 2, 3, 4, ..."""

        epoch = 0

        def on_epoch(self, epoch):
            self.epoch = epoch

        def validate(self, batch, draw):
            return {"loss": torch.tensor(3.0 if self.epoch == 1 else float(self.epoch - 1))}

    checkpoints = run(SETTINGS.model_copy(update={"epochs": 50, "patience": 3}), learner=Rising())
    last = checkpoints[-1]
    assert (last.state["best_epoch"], last.state["epoch"], last.status) == (2, 5, "finished")
    best = last.weights("net")
    second = checkpoints[1].tensors
    assert all(torch.equal(best[key], second[f"modules/net/{key}"]) for key in best)


def test_a_loss_that_is_not_a_number_ends_the_fit_with_the_last_good_weights():
    class Exploding(LinearLearner):
        def on_epoch(self, epoch):
            for group in self.optimizers["net"].param_groups:
                group["lr"] = self.rate if epoch < 3 else float("nan")

    checkpoints = run(learner=Exploding(), validation=False)
    last = checkpoints[-1]
    assert (last.status, last.state["epoch"], len(checkpoints)) == ("diverged", 3, 3)
    good = {k: t for k, t in checkpoints[1].tensors.items() if k.startswith("modules/")}
    assert all(torch.equal(tensor, last.tensors[key]) for key, tensor in good.items())
    assert last.history[-1]["train.loss"] is None
    assert run(resume=last, validation=False) == [last]


def test_weights_that_are_not_numbers_count_as_divergence_even_if_the_losses_are():
    class LastStep(LinearLearner):
        def step(self, batch, draw):
            losses = super().step(batch, draw)
            with torch.no_grad():
                self.modules["net"].output.bias.fill_(float("inf"))
            return {"loss": torch.zeros_like(losses["loss"])}

    assert run(learner=LastStep(), validation=False)[-1].status == "diverged"


def test_a_finished_fit_is_given_back_and_another_fit_is_refused():
    last = run()[-1]
    assert run(resume=last) == [last]
    assert last.matches("f")
    with pytest.raises(InputError, match="fingerprint"):
        run(resume=last, fingerprint="g")
    with pytest.raises(InputError, match="seed 7"):
        run(resume=last, seed=7)


def test_a_last_batch_of_one_sample_is_left_out_and_of_two_kept():
    sizes = []

    class Counting(LinearLearner):
        def step(self, batch, draw):
            sizes.append(len(batch[0]))
            return super().step(batch, draw)

    one_epoch = SETTINGS.model_copy(update={"epochs": 1})
    for n in (101, 102):
        x, y = planted(n)
        list(fit(Counting(), (x, y), None, one_epoch, 0))
    assert sizes == [50, 50, 50, 50, 2]


def test_mistakes_are_named():
    x, y = planted()
    with pytest.raises(ValueError, match=r"lengths \[10, 210\]"):
        list(fit(LinearLearner(), (x, y[:10]), None, SETTINGS, 0))
    with pytest.raises(ValueError, match="lengths"):
        list(fit(LinearLearner(), (x[:1], y[:1]), None, SETTINGS, 0))
    with pytest.raises(ValueError, match="monitor 'auc' is none of"):
        run(SETTINGS.model_copy(update={"monitor": "auc"}))


def test_the_thread_probe_leaves_the_learner_untrained():
    learner = LinearLearner()
    before = {k: t.clone() for k, t in learner.modules["net"].state_dict().items()}
    threads = torch.get_num_threads()
    assert probe_threads(learner, planted(), 50) >= 1
    assert torch.get_num_threads() == threads
    after = learner.modules["net"].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert learner.optimizers["net"].state_dict()["state"] == {}


def test_the_threads_of_the_first_run_are_those_of_the_resumed_one():
    first = run(SETTINGS.model_copy(update={"threads": 2}))[0]
    assert first.state["threads"] == 2
    assert run(resume=first)[-1].state["threads"] == 2


def test_settings_are_checked():
    for wrong in ({"threads": 0}, {"batch_size": 1}, {"epochs": 0}, {"learning_rate": 1.0}):
        with pytest.raises(ValidationError):
            FitSettings(**wrong)
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in ("cpu", "cuda", "mps")


def test_a_fit_begun_on_another_device_goes_on_here():
    whole = run()
    begun = whole[0]
    elsewhere = dataclasses.replace(begun, state={**begun.state, "device": "cuda"})
    resumed = run(resume=elsewhere)[-1]
    assert resumed.state["device"] == "cpu" and resumed.status == "finished"
    same(resumed, whole[-1])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_one_mistake():
    with pytest.raises(InputError, match=r"(?s)parameter device.*'cuda'.*device=auto"):
        choose_device("cuda")


def test_without_a_monitor_the_last_weights_are_the_result():
    chosen, unchosen = run()[-1], run(SETTINGS.model_copy(update={"monitor": None}))[-1]
    assert unchosen.state["best_epoch"] is None
    assert not any(key.startswith("best/") for key in unchosen.tensors)
    for key, tensor in unchosen.weights("net").items():
        assert torch.equal(tensor, chosen.tensors[f"modules/net/{key}"])
    with pytest.raises(ValidationError, match="monitor"):
        FitSettings(monitor=None, patience=5)
