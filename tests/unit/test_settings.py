"""Settings: where each comes from, what is refused and in which words, and that all are documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings import Settings, read_settings, unknown_variables
from agent.settings_file import changed, write_setting
from db.errors import SettingsError

DOCS = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
FOLDERS = {"data_dir": "the system's data folder", "cache_dir": "the system's cache folder"}


def documented() -> str:
    lines = ["| setting | variable | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = FOLDERS.get(name) or ("none" if field.default is None else f"`{field.default}`")
        lines.append(f"| `{name}` | `SHOPOPS_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)


def test_every_setting_is_documented() -> None:
    assert documented() in DOCS.read_text("utf-8")


def test_every_setting_is_used() -> None:
    root = Path(__file__).resolve().parents[2]
    code = "\n".join(path.read_text("utf-8") for path in (root / "agent").rglob("*.py"))
    unused = [n for n in Settings.model_fields if f"settings.{n}" not in code and f"self.{n}" not in code]
    assert unused == []


def test_the_environment_wins_over_the_folder_and_that_over_the_user(tmp_path: Path) -> None:
    here, user = tmp_path / "shopops.toml", tmp_path / "user.toml"
    here.write_text('model = "local:here"\nthreads = 3\n', "utf-8")
    user.write_text('model = "local:user"\nthreads = 5\nrow_cap = 7\n', "utf-8")
    loaded = read_settings({"SHOPOPS_MODEL": "local:env", "SHOPOPS_STORE": " "}, [here, user])
    settings = loaded.settings
    assert (settings.model, settings.threads, settings.row_cap, settings.store) == ("local:env", 3, 7, "journey")
    origins = [loaded.origins[name] for name in ("model", "threads", "row_cap", "store")]
    assert origins == ["SHOPOPS_MODEL", str(here), str(user), "default"]


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("threads", "many", "'threads' (SHOPOPS_THREADS)"),
        ("threads", "0", "greater than or equal to 1"),
        ("query_seconds", "nan", "'query_seconds'"),
        ("query_seconds", "-1", "greater than 0"),
        ("base_url", "ftp://x", "it must start with http:// or https://"),
        ("store", "../etc", "'store'"),
        ("gpu_layers", "-2", "'gpu_layers'"),
    ],
)
def test_a_wrong_value_is_named(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({f"SHOPOPS_{variable.upper()}": value}, [])
    assert says in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('modle = "x"', "sets 'modle', which is no setting; did you mean 'model'?"),
        ("model = ", "is not TOML"),
        ("threads = 'x'", "The setting 'threads'"),
        ("[hosted]\nkey = 1", "sets 'hosted'"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "shopops.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings({}, [path])
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_secrets_are_never_shown() -> None:
    secret = "sk-do-not-show"
    loaded = read_settings({"SHOPOPS_API_KEY": secret, "SHOPOPS_STATE_URL": f"postgresql://u:{secret}@h/d"}, [])
    assert secret not in f"{loaded} {loaded.settings} {loaded.settings.model_dump_json()}"
    assert loaded.settings.state == f"postgresql://u:{secret}@h/d"
    with pytest.raises(SettingsError) as caught:
        read_settings({"SHOPOPS_API_KEY": secret, "SHOPOPS_THREADS": "0"}, [])
    assert secret not in str(caught.value)


def test_a_misspelt_variable_is_noticed() -> None:
    assert unknown_variables({"SHOPOPS_MODLE": "x", "SHOPOPS_MODEL": "y", "OTHER": "z"}) == ["SHOPOPS_MODLE"]


def test_options_follow_the_settings(tmp_path: Path) -> None:
    environ = {
        "SHOPOPS_THREADS": "2",
        "SHOPOPS_GPU_LAYERS": "-1",
        "SHOPOPS_BASE_URL": "http://127.0.0.1:8000/v1",
        "SHOPOPS_API_KEY": "k",
        "SHOPOPS_RETRIES": "0",
        "SHOPOPS_DATA_DIR": str(tmp_path),
    }
    settings = read_settings(environ, []).settings
    engine, hosted = settings.engine_options(), settings.hosted_options()
    assert (engine.threads, engine.gpu_layers, engine.context) == (2, -1, 4096)
    assert hosted is not None
    assert (hosted.base_url, hosted.retries) == ("http://127.0.0.1:8000/v1", 0)
    assert hosted.key is not None
    assert hosted.key.get_secret_value() == "k"
    assert settings.store_file() == tmp_path / "stores" / "journey.duckdb"
    assert read_settings({}, []).settings.hosted_options() is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'model = "b"\n'),
        ('# mine\nmodel = "a"\nthreads = 2\n', '# mine\nmodel = "b"\nthreads = 2\n'),
        ("threads = 2", 'threads = 2\nmodel = "b"\n'),
        ("[later]\nmodel = 1\n", 'model = "b"\n\n[later]\nmodel = 1\n'),
    ],
)
def test_one_setting_is_changed_and_the_rest_kept(before: str, after: str) -> None:
    assert changed(before, "model", "b") == after


def test_writing_keeps_the_file_private_and_leaves_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "new" / "shopops.toml"
    write_setting(path, "model", 'C:\\a "b"')
    path.write_text(path.read_text("utf-8") + 'api_key = "k"\n', "utf-8")
    path.chmod(0o600)
    write_setting(path, "model", "local:二")
    loaded = read_settings({}, [path]).settings
    assert loaded.model == "local:二"
    assert loaded.api_key is not None
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["shopops.toml"]


def test_a_file_that_cannot_be_changed_safely_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "shopops.toml"
    text = 'base_url = """\nmodel = "a"\n"""\n'
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="cannot be changed"):
        write_setting(path, "model", "local:b")
    assert path.read_text("utf-8") == text
