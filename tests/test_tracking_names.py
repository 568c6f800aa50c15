"""Keys, commits and stores: what tracking calls things."""

import subprocess

import pytest

from genex_kedro.tracking_names import flatten, git_tags, store_uri, without_passwords


def test_nested_settings_become_flat_keys():
    nested = {"seed": 3, "net": {"hidden": [2, 1], "fit": {"epochs": 5}}, "none": None, "empty": {}}
    assert dict(flatten(nested)) == {
        "seed": 3,
        "net.hidden": [2, 1],
        "net.fit.epochs": 5,
        "none": None,
    }


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Runs git in a folder of its own, whatever the user's configuration."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
    ):  # set where a git hook runs the tests
        monkeypatch.delenv(name, raising=False)
    me = ["-c", "user.name=me", "-c", "user.email=me@example.org"]

    def run(*words):
        command = ["git", *me, *words]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    return run


def test_the_commit_and_whether_the_tree_differs_from_it(git, tmp_path):
    git("init")
    (tmp_path / "code.py").write_text("a = 1")
    git("add", ".")
    git("commit", "-m", "first")
    commit = git("rev-parse", "HEAD").strip()
    assert git_tags(tmp_path) == {"mlflow.source.git.commit": commit, "git.dirty": "false"}
    (tmp_path / "code.py").write_text("a = 2")
    assert git_tags(tmp_path) == {"mlflow.source.git.commit": commit, "git.dirty": "true"}
    git("add", ".")  # staged is not committed
    assert git_tags(tmp_path)["git.dirty"] == "true"
    git("commit", "-m", "second")
    assert git_tags(tmp_path)["git.dirty"] == "false"
    assert git_tags(tmp_path)["mlflow.source.git.commit"] != commit


def test_no_commit_no_tags(git, tmp_path):
    assert git_tags(tmp_path) == {}
    git("init")
    assert git_tags(tmp_path) == {}


def test_without_git_there_are_no_tags(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_tags(tmp_path) == {}


@pytest.mark.parametrize(
    ("configured", "environment", "expected"),
    [
        ("sqlite:///mlflow.db", None, "sqlite:///{project}/mlflow.db"),
        ("sqlite:///data/mlflow.db", None, "sqlite:///{project}/data/mlflow.db"),
        ("sqlite:////elsewhere/mlflow.db", None, "sqlite:////elsewhere/mlflow.db"),
        ("http://server:5000", None, "http://server:5000"),
        ("sqlite:///mlflow.db", "http://server:5000", "http://server:5000"),
        ("http://server:5000", "sqlite:///mine.db", "sqlite:///{project}/mine.db"),
        ("sqlite:///mlflow.db", "", "sqlite:///{project}/mlflow.db"),
    ],
)
def test_the_store_is_below_the_project_or_where_the_environment_says(
    tmp_path, monkeypatch, configured, environment, expected
):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if environment is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", environment)
    assert store_uri(configured, tmp_path) == expected.format(project=tmp_path)


def test_the_password_of_a_database_is_not_kept():
    url = "postgresql+psycopg://me:se/c:ret@host/name"
    kept = without_passwords({"tuning": {"storage": url, "seeds": [1, url]}, "n": 3})
    assert kept["tuning"]["storage"] == "postgresql+psycopg://me:***@host/name"
    assert "ret" not in str(kept) and kept["n"] == 3 and kept["tuning"]["seeds"][0] == 1
    assert without_passwords("sqlite:///mlflow.db") == "sqlite:///mlflow.db"
