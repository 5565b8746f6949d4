"""Settings."""

import pytest

from hornlet.base import config


def test_defaults():
    assert config.floatx() == "float32"
    assert config.epsilon() == 1e-7
    assert config.image_data_format() == "channels_last"
    assert config.backend() == "numpy"


@pytest.mark.parametrize("value", ["float31", "int32", None, 32])
def test_floatx_is_checked(value):
    with pytest.raises(ValueError, match="floatx"):
        config.set_floatx(value)


def test_data_formats():
    assert config.standardize_data_format(None) == "channels_last"
    assert config.standardize_data_format("Channels_First") == "channels_first"
    with pytest.raises(ValueError, match="data_format"):
        config.standardize_data_format("NHWC")


def test_limits_come_from_the_environment(monkeypatch):
    assert config.max_epochs() is None
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "3")
    assert config.max_epochs() == 3
    config.set_max_epochs(2)
    assert config.max_epochs() == 2


def test_messages(capsys, caplog):
    config.print_message("seen")
    assert capsys.readouterr().out == "seen\n"
    config.disable_interactive_logging()
    with caplog.at_level("INFO", logger="hornlet"):
        config.print_message("logged")
    assert capsys.readouterr().out == "" and "logged" in caplog.text
