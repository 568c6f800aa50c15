"""The aligned translator on planted patients: the right one, the spread of draws, what is unseen."""

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from genex_kedro.models.aligned.classes import large_enough, pairs_among
from genex_kedro.models.aligned.config import AlignedConfig
from genex_kedro.models.aligned.fit import Held, Labelled, fit_aligned
from genex_kedro.models.aligned.kept import from_trained_model, to_trained_model
from genex_kedro.models.aligned.model import NOT_TOLD, UNSEEN
from genex_kedro.models.memorised import HELD, nearest_to_training

N_GENES, N = 60, 240
TISSUES = np.array(["kidney", "lung", "skin"])
NONE = (np.array([], int), np.array([], int))


def planted(n=N, seed=0, tissues=TISSUES):
    """Patients with a tumor and a normal each: a small effect of their own in every gene, and
    in the tumor five strong directions (purity and its like) that hide it."""
    world = np.random.default_rng(42)
    means = {t: world.normal(8, 1.5, N_GENES) for t in TISSUES}
    change = world.normal(0, 1.0, N_GENES)
    loud = world.normal(0, 1, (5, N_GENES))
    rng = np.random.default_rng(seed)
    tissue = tissues[np.arange(n) % len(tissues)]
    patient = rng.normal(0, 0.25, (n, N_GENES))
    base = np.stack([means[t] for t in tissue]) + patient
    noise = [rng.normal(0, 0.25, (n, N_GENES)) for _ in range(2)]
    tumor = base + change + rng.normal(0, 0.8, (n, 5)) @ loud + noise[0]
    normal = base + rng.normal(0, 0.25, (n, 5)) @ loud + noise[1]
    sides = [Labelled(x.astype(np.float32), tissue, tissue) for x in (tumor, normal)]
    return (*sides, patient)


def fitted(pairs=True, shuffled=True, **numbers):
    tumors, normals, _ = planted()
    if shuffled:  # what belongs together is not to be told from the order
        order = np.random.default_rng(5).permutation(N)
        normals = Labelled(
            *(a[order] for a in (normals.expression, normals.tissue, normals.cohort))
        )
    held_tumors, held_normals, _ = planted(90, 1)
    rows = np.arange(90) if pairs else NONE[0]
    held = Held(held_tumors, held_normals, (rows, rows))
    own = (np.arange(N), np.argsort(order)) if shuffled else (np.arange(N),) * 2
    config = AlignedConfig(**numbers)
    return fit_aligned(config, tumors, normals, held, own if config.paired else None)


def told(aligned, tissue):
    return torch.tensor([aligned.classes.tissues.index(t) for t in tissue])


def right_patient(made, patient, tissue):
    """Share of patients whose own effect correlates best with the prediction, in their tissue."""
    hits = []
    for t in np.unique(tissue):
        a, b = made[tissue == t], patient[tissue == t]
        r = np.corrcoef(a - a.mean(0), b)[: len(a), len(a) :]
        hits.append((r.argmax(1) == np.arange(len(a))).mean())
    return np.mean(hits)


@pytest.fixture(scope="module")
def aligned():
    return fitted()


@pytest.fixture(scope="module")
def unseen_patients():
    return planted(150, 2)


def test_it_finds_the_patient_that_large_directions_hide(unseen_patients):
    tumors, normals, patient = unseen_patients
    aligned = fitted(power=0.5)
    made = aligned.point(torch.tensor(tumors.expression), told(aligned, tumors.tissue)).numpy()
    hidden = right_patient(tumors.expression, patient, tumors.tissue)
    assert hidden < 0.3 < 0.8 < right_patient(made, patient, tumors.tissue)
    # and the guess is nearer to the own normal than the mean normal of the tissue
    mean = aligned.normal_mean[told(aligned, tumors.tissue)].numpy()
    error = [np.mean((p - normals.expression) ** 2) for p in (made, mean)]
    assert error[0] < 0.97 * error[1]


def test_more_power_finds_more_patients(unseen_patients):
    tumors, _, patient = unseen_patients
    found = []
    for power in (0.0, 0.25, 0.5, 1.0):
        aligned = fitted(power=power)
        made = aligned.point(torch.tensor(tumors.expression), told(aligned, tumors.tissue)).numpy()
        found.append(right_patient(made, patient, tumors.tissue))
    assert found == sorted(found)
    assert found[-1] > 0.9 > 0.3 > found[0]


def test_draws_vary_as_normals_do_and_follow_their_correlations(aligned, unseen_patients):
    tumors, normals, _ = unseen_patients
    x, t = torch.tensor(tumors.expression), told(aligned, tumors.tissue)
    one, same, other = (
        aligned.draw(x, t, torch.Generator().manual_seed(s)).numpy() for s in (1, 1, 2)
    )
    assert np.array_equal(one, same) and not np.allclose(one, other)
    within = [
        y - np.stack([y[tumors.tissue == k].mean(0) for k in tumors.tissue])
        for y in (one, normals.expression)
    ]
    ratio = within[0].std(0) / within[1].std(0)
    assert 0.85 < np.median(ratio) < 1.05
    upper = np.triu_indices(N_GENES, 1)
    r = [np.corrcoef(w.T)[upper] for w in within]
    assert np.corrcoef(*r)[0, 1] > 0.8


def test_the_tissue_is_inferred_and_a_normal_left_alone(aligned, unseen_patients):
    tumors, normals, _ = unseen_patients
    blind = torch.full((150,), NOT_TOLD)
    for side in (tumors, normals):
        found = aligned.infer(torch.tensor(side.expression), blind)
        assert (
            np.array(aligned.classes.tissues)[found.tissue.numpy()] == side.tissue
        ).mean() > 0.98
        torch.testing.assert_close(found.probability.sum(1), torch.ones(150))
    t = told(aligned, normals.tissue)
    changed = aligned.point(torch.tensor(normals.expression), t).numpy() - normals.expression
    careless = fitted(normal_odds=1e6)
    moved = careless.point(torch.tensor(normals.expression), t).numpy() - normals.expression
    assert np.sqrt((changed**2).mean()) < 0.3 * np.sqrt((moved**2).mean())


def test_a_tissue_never_seen_follows_the_others_half_way(aligned):
    tumors, _, _ = planted(30, 3)
    strange = torch.tensor(tumors.expression) + 3.0
    unseen = torch.full((30,), UNSEEN)
    made = aligned.point(strange, unseen)
    assert (
        made.isfinite().all() and aligned.draw(strange, unseen, torch.Generator()).isfinite().all()
    )
    shift = aligned.point(strange + 1.0, unseen) - made
    assert 0.1 < shift.mean() < 1.0  # of the tumor's departure a part is passed on


def test_a_tissue_with_one_side_only_is_no_hole():
    tumors, normals, _ = planted()
    some = [
        Labelled(s.expression[k], s.tissue[k], s.cohort[k])
        for s, k in ((tumors, tumors.tissue != "skin"), (normals, normals.tissue != "lung"))
    ]
    aligned = fit_aligned(AlignedConfig(), *some, Held(*some, NONE))
    assert aligned.classes.tissues == ("kidney", "lung", "skin")
    x = torch.tensor(tumors.expression)
    for tissue in (told(aligned, tumors.tissue), torch.full((N,), NOT_TOLD)):
        assert aligned.point(x, tissue).isfinite().all()
        assert aligned.draw(x, tissue, torch.Generator()).isfinite().all()


def test_without_validation_pairs_it_reaches_as_far_as_configured():
    tumors, normals, _ = planted()
    aligned = fitted(pairs=False, reach=0.3, normal_odds=1e6)
    t = told(aligned, tumors.tissue)
    guess = aligned.point(torch.tensor(tumors.expression), t).numpy()
    rest = normals.expression - np.stack(
        [normals.expression[normals.tissue == k].mean(0) for k in normals.tissue]
    )
    departure = guess - aligned.normal_mean[t].numpy()
    assert departure.std() / rest.std() == pytest.approx(0.3, abs=0.03)


def test_pairs_tell_which_genes_to_pass_on():
    tumors, normals, _ = planted()
    half = np.arange(N_GENES) < N_GENES // 2
    rng = np.random.default_rng(0)
    alone = normals.expression.copy()
    alone[:, half] = rng.permutation(alone)[
        :, half
    ]  # these genes of tumor and normal share nothing
    held = planted(90, 1)[:2]
    gains = fit_aligned(
        AlignedConfig(paired=True, slope_prior=0.1),
        tumors,
        Labelled(alone, normals.tissue, normals.cohort),
        Held(*held, NONE),
        (np.arange(N), np.arange(N)),
    ).gene_gain
    assert gains[half].mean() < 0.6 * gains[~half].mean()
    with pytest.raises(ValueError, match="pairs"):
        fit_aligned(AlignedConfig(paired=True), tumors, normals, Held(*held, NONE))


def test_a_kept_translator_gives_the_same_and_holds_no_sample(aligned, unseen_patients):
    tumors = unseen_patients[0]
    genes = pd.DataFrame(index=[f"G{i}" for i in range(N_GENES)])
    form = to_trained_model(aligned, genes, {"scaling": "none"}, {})
    again = from_trained_model(form)
    assert again.config == aligned.config and again.classes == aligned.classes
    x, blind = torch.tensor(tumors.expression), torch.full((150,), NOT_TOLD)
    assert torch.equal(again.point(x, blind), aligned.point(x, blind))
    draws = [a.draw(x, blind, torch.Generator().manual_seed(3)) for a in (again, aligned)]
    assert torch.equal(*draws)
    assert N not in {size for tensor in form.weights.values() for size in tensor.shape}
    form.config["model"] = "CycleGan"
    with pytest.raises(ValueError, match="CycleGan"):
        from_trained_model(form)


def test_what_cannot_be_is_refused():
    for wrong in ({"power": -1}, {"diagonal": 0}, {"draw_spread": 0}, {"epochs": 3}):
        with pytest.raises(ValidationError):
            AlignedConfig(**wrong)


def with_classes_of_one(shift):
    """Planted patients; the first is the only one of a cohort, and one more of a tissue, moved."""
    made = []
    for side in planted()[:2]:
        x = np.concatenate([side.expression, side.expression[:1] + 3])
        x[[0, -1]] += shift
        tissue = np.append(side.tissue.astype(object), "eye")
        cohort = tissue.copy()
        cohort[0] = "rare"
        made.append(Labelled(x, tissue, cohort))
    return made


def test_a_class_of_one_leaves_no_trace_in_what_is_kept():
    held = Held(*planted(90, 1)[:2], (np.arange(90), np.arange(90)))
    rows = np.arange(N + 1)  # pairs are told by position, also of samples that are left out
    sides = [with_classes_of_one(shift) for shift in (0.0, 5.0)]
    one, other = (
        fit_aligned(AlignedConfig(paired=True), *side, held, (rows, rows)).state_dict()
        for side in sides
    )
    assert not np.array_equal(sides[0][0].expression, sides[1][0].expression)
    for key in one:
        assert torch.equal(one[key], other[key]), key
    for side in sides:
        training = torch.as_tensor(np.concatenate([s.expression for s in side]))
        assert nearest_to_training(one, training) > HELD


def test_small_cohorts_of_a_tissue_are_one_class_and_pairs_keep_their_patients():
    tissue = np.array(["lung"] * 6 + ["eye"] * 2)
    cohort = np.array(["A", "A", "A", "B", "C", "C", "D", "D"])
    merged, keep = large_enough(tissue, cohort)
    assert list(keep) == [True] * 6 + [False] * 2
    assert len(set(merged[:3])) == len(set(merged[3:6])) == 1 and merged[0] != merged[3]
    alone = large_enough(tissue[:5], cohort[:5])[1]  # B and C: two samples
    assert list(alone) == [True, True, True, False, False]
    kept = np.array([False, True, True, False, True])
    tumor, normal = pairs_among((np.array([0, 1, 4]), np.array([2, 4, 1])), kept, kept)
    assert list(tumor) == [0, 2] and list(normal) == [2, 0]


def test_too_few_of_every_tissue_are_refused():
    tumors, normals, _ = planted(6)  # two of each tissue
    with pytest.raises(ValueError, match="enough tumors and normals"):
        fit_aligned(AlignedConfig(), tumors, normals, Held(tumors, normals, NONE))
