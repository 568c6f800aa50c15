"""The vocabulary: what is known, what is refused by name, and who gets how many samples."""

import json

import numpy as np
import pandas as pd
import pytest

from genex_kedro.errors import InputError
from genex_kedro.models.conditions import Vocabulary

LABELS = pd.DataFrame(
    [["lung", "tumor", "TCGA"]] * 3
    + [["lung", "normal", "GTEX"]] * 2
    + [["lung", "normal", "TCGA"]]
    + [["liver", "normal", "GTEX"]] * 4,
    columns=["tissue", "condition", "source"],
)


@pytest.fixture
def vocabulary():
    return Vocabulary.fit(LABELS)


def test_it_survives_json_and_gives_the_labels_back(vocabulary):
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary
    assert vocabulary.levels["tissue"] == ("liver", "lung")
    assert vocabulary.counts == (4, 2, 1, 3)
    pd.testing.assert_frame_equal(vocabulary.labels(vocabulary.index(LABELS)), LABELS)


def test_encodings(vocabulary):
    joint = vocabulary.encode(LABELS, "joint")
    assert joint.shape == (10, 4) and joint.dtype == np.float32
    assert (joint.sum(1) == 1).all()
    separate = vocabulary.encode(LABELS, "separate")
    assert separate.shape == (10, 6)  # liver lung | normal tumor | GTEX TCGA
    assert (separate.sum(1) == 3).all()
    assert separate[0].tolist() == [0, 1, 0, 1, 0, 1]


def test_n_asked_n_given_in_the_shares_of_training(vocabulary):
    asked = vocabulary.labels(vocabulary.ask(7, tissue="lung", condition="normal"))
    assert len(asked) == 7 and set(asked["condition"]) == {"normal"}
    assert asked["source"].value_counts().to_dict() == {"GTEX": 5, "TCGA": 2}
    assert len(vocabulary.ask(1, tissue="lung")) == 1
    assert np.bincount(vocabulary.ask(1000)).tolist() == [400, 200, 100, 300]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"tissue": "brain"}, "liver, lung"),
        ({"tissue": "liver", "condition": "tumor"}, "liver normal GTEX"),
        ({"stage": "II"}, "tissue, condition, source"),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_known(vocabulary, asked, named):
    with pytest.raises(InputError, match=named):
        vocabulary.ask(3, **asked)


def test_unknown_and_missing_labels_are_refused(vocabulary):
    other = LABELS.assign(source="CPTAC")
    with pytest.raises(InputError, match="GTEX, TCGA"):
        vocabulary.index(other)
    assert not vocabulary.knows(other).any()
    assert vocabulary.knows(LABELS).all()
    with pytest.raises(InputError, match="without a label"):
        Vocabulary.fit(LABELS.assign(source=None))
    with pytest.raises(InputError, match="no such column"):
        vocabulary.index(LABELS[["tissue"]])
    with pytest.raises(InputError, match="1 or more"):
        vocabulary.ask(0, tissue="lung")
