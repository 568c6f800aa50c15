"""ImageNet weights: taken from where the user says, never replaced by random ones."""

import time

import pytest
import torch
from kedro.io import DatasetError
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image

from genex_kedro.datasets.imagenet_weights import ImageNetWeights, ImageNetWeightsDataset
from genex_kedro.errors import InputError
from genex_kedro.models.images.backbones import build_backbone, create_network
from genex_kedro.models.images.pretrained import Pretrained, to_keras_v1
from genex_kedro.session import find_mistake
from refusals import assert_refused


@pytest.fixture
def folder(tmp_path):
    """Weights of resnet18 as a user may hold them: half precision, head included."""
    state = {
        k: t.half() if t.is_floating_point() else t
        for k, t in create_network("resnet18", 7).state_dict().items()
    }
    state["fc.weight"], state["fc.bias"] = torch.zeros(1000, 512), torch.zeros(1000)
    about = {"input": "Normalize(mean=[.1,.2,.3], std=[1/4]*3)"}
    save_file(state, tmp_path / "resnet18_mine.safetensors", about)
    return tmp_path


def test_none_is_none_and_a_folder_is_read(folder):
    assert ImageNetWeightsDataset().load().of("resnet18") is None
    weights = ImageNetWeightsDataset("folder", str(folder)).load()
    pretrained = weights.of("resnet18")
    assert pretrained.mean == (0.1, 0.2, 0.3)
    assert pretrained.std == (0.25, 0.25, 0.25)
    assert weights.of("small_cnn") is None  # ours: there are no ImageNet weights of it
    backbone = build_backbone("resnet18", pretrained, seed=0)
    assert backbone.mean == (0.1, 0.2, 0.3)
    given = create_network("resnet18", 7).layer4[0].conv1.weight
    torch.testing.assert_close(backbone.block.layer4[0].conv1.weight, given, atol=1e-3, rtol=1e-3)
    assert "resnet18_mine.safetensors" in weights.origin_of("resnet18")


def test_the_fingerprint_follows_the_files(folder):
    dataset = ImageNetWeightsDataset("folder", str(folder))
    before = dataset.fingerprint()
    (folder / "more.safetensors").write_bytes(b"")
    assert dataset.fingerprint() != before
    assert ImageNetWeightsDataset("none").fingerprint() != before


@pytest.mark.parametrize(
    ("source", "where", "pieces"),
    [
        ("web", None, ["weights.source", "'web'", "none, folder, hub"]),
        ("folder", None, ["weights.folder", "nothing", "weights.folder=PATH"]),
        ("folder", "nowhere", ["'nowhere'", "weights.source=none"]),
    ],
)
def test_a_source_that_is_none_is_refused(source, where, pieces):
    dataset = ImageNetWeightsDataset(source, where)
    assert_refused(lambda: refused_by(dataset), pieces)


def refused_by(dataset):
    """Kedro wraps what a dataset raises; the session unwraps it."""
    try:
        dataset.load()
    except DatasetError as error:
        raise find_mistake(error) from None


def test_weights_that_are_not_there_are_an_error_and_no_random_ones(folder):
    weights = ImageNetWeights("folder", str(folder))
    assert_refused(lambda: weights.of("vgg19"), ["vgg19", "resnet18_mine", "pretrained=false"])
    (folder / "resnet18.safetensors").write_bytes(b"0")
    assert_refused(lambda: weights.of("resnet18"), ["one file", "resnet18_mine"])
    (folder / "resnet18_mine.safetensors").unlink()
    assert_refused(lambda: weights.of("resnet18"), ["cannot be read", "safetensors"])


def test_weights_of_another_network_do_not_load(folder):
    wrong = ImageNetWeights("folder", str(folder)).of("resnet18")
    with pytest.raises(RuntimeError):
        build_backbone("resnet50", wrong, 0)
    with pytest.raises(RuntimeError, match="missing"):
        build_backbone("resnet18", Pretrained({}), 0)


def test_offline_the_hub_fails_at_once_with_the_remedy(monkeypatch, tmp_path):
    from huggingface_hub import constants

    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    before, start = constants.HF_HUB_OFFLINE, time.monotonic()
    pieces = ["resnet18.tv_in1k", "hub", "weights.source=folder,weights.folder=PATH"]
    assert_refused(lambda: ImageNetWeights("hub").of("resnet18"), pieces)
    assert time.monotonic() - start < 20
    assert before == constants.HF_HUB_OFFLINE


def test_keras_layout_halves_the_image_in_the_first_convolution():
    network = create_network("resnet50", 0)
    to_keras_v1(network)
    for number in (2, 3, 4):
        first = getattr(network, f"layer{number}")[0]
        assert (first.conv1.stride, first.conv2.stride) == ((2, 2), (1, 1))
    assert {m.eps for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)} == {1e-3}
    with pytest.raises(ValueError, match="no ResNet with bottlenecks"):
        to_keras_v1(create_network("resnet18", 0))


def test_statistics_that_are_no_numbers_are_refused(tmp_path):
    about = {"input": "mean=[.1,.2,x] std=[1/0]*3"}
    save_file({"w": torch.ones(1)}, tmp_path / "resnet18.safetensors", metadata=about)
    with pytest.raises(InputError, match=r"resnet18\.safetensors"):
        ImageNetWeights("folder", str(tmp_path)).of("resnet18")


@pytest.mark.real
def test_the_weights_at_hand_know_a_palace(real_data):
    """In the input statistics and, for ResNet50, the layout that the files state."""
    folder = real_data.parent / "weights"
    if not folder.is_dir():
        pytest.skip("no ImageNet weights beside GENEX_REAL_DATA: not tested")
    weights = ImageNetWeights("folder", str(folder))
    for backbone, head in (("resnet50", "fc"), ("efficientnet_lite0", "classifier")):
        pretrained = weights.of(backbone)
        assert pretrained.keras_v1 == (backbone == "resnet50")
        built = build_backbone(backbone, pretrained, 0)
        mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (built.mean, built.std))
        with torch.no_grad():
            features = built.block.eval()(built.trunk.eval()((palace() - mean) / std))
        weight, bias = (pretrained.tensors[f"{head}.{part}"].float() for part in ("weight", "bias"))
        called = (features.mean((2, 3)) @ weight.T + bias).argmax(1)
        assert int(called.mode().values) == 698  # ImageNet's "palace"


def palace():
    """Crops of the Summer Palace, a photograph that scikit-learn brings, (6, 3, 224, 224)."""
    photo = torch.tensor(load_sample_image("china.jpg")).permute(2, 0, 1)[None].float() / 255
    small = torch.nn.functional.interpolate(photo, (256, 384), mode="bilinear", antialias=True)
    crops = [small[:, :, a : a + 224, b : b + 224] for a in (0, 32) for b in (0, 80, 160)]
    return torch.cat(crops)
