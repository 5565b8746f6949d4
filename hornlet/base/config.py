"""The library's settings: float type, fuzz factor, picture layout, logging. No files are read."""

from __future__ import annotations

import os
import sys

from hornlet.base.names import one_of

_settings: dict = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "interactive_logging": True,
    "traceback_filtering": True,
    "max_epochs": None,
    "max_steps_per_epoch": None,
    "flash_attention": None,
}


def backend() -> str:
    """Return the name of the array library that computes: always ``"numpy"``.

    >>> keras.config.backend()
    'numpy'
    """
    return "numpy"


def set_backend(backend: str) -> None:
    """Choose the array library that computes; there is one here.

    Raises: ValueError for any other than ``"numpy"``.

    >>> keras.config.set_backend("numpy")
    """
    if backend != "numpy":
        raise ValueError(
            "hornlet computes with NumPy. For another backend run the program with Keras itself. "
            f"Received: backend={backend!r}"
        )


def floatx() -> str:
    """Return the float dtype used where none is given.

    >>> keras.config.floatx()
    'float32'
    """
    return _settings["floatx"]


def set_floatx(value: str) -> None:
    """Set the default float dtype: ``"bfloat16"``, ``"float16"``, ``"float32"`` or ``"float64"``.

    >>> keras.config.set_floatx("float64")
    >>> keras.config.floatx()
    'float64'
    >>> keras.config.set_floatx("float32")
    """
    _settings["floatx"] = one_of("floatx", value, ("bfloat16", "float16", "float32", "float64"))


def epsilon() -> float:
    """Return the small number added to denominators and logarithms.

    >>> keras.config.epsilon()
    1e-07
    """
    return _settings["epsilon"]


def set_epsilon(value: float) -> None:
    """Set the small number added to denominators and logarithms.

    >>> keras.config.set_epsilon(1e-5)
    >>> keras.config.epsilon()
    1e-05
    >>> keras.config.set_epsilon(1e-7)
    """
    _settings["epsilon"] = value


def image_data_format() -> str:
    """Return the default layout of pictures.

    >>> keras.config.image_data_format()
    'channels_last'
    """
    return _settings["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Set the default layout of pictures, ``"channels_last"`` or ``"channels_first"``.

    >>> keras.config.set_image_data_format("channels_first")
    >>> keras.config.image_data_format()
    'channels_first'
    >>> keras.config.set_image_data_format("channels_last")
    """
    _settings["image_data_format"] = _checked_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """Return `data_format` in lower case, or the setting; ValueError for another name."""
    if data_format is None:
        return _settings["image_data_format"]
    return _checked_data_format(data_format)


def _checked_data_format(data_format) -> str:
    return one_of("data_format", str(data_format).lower(), ("channels_last", "channels_first"))


def is_interactive_logging_enabled() -> bool:
    """Tell whether progress goes to the terminal (True) or to `logging` (False).

    >>> keras.config.is_interactive_logging_enabled()
    True
    """
    return _settings["interactive_logging"]


def enable_interactive_logging() -> None:
    """Write progress to the terminal.

    >>> keras.config.enable_interactive_logging()
    """
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Write progress through Python's `logging` instead of the terminal.

    >>> keras.config.disable_interactive_logging()
    >>> keras.config.is_interactive_logging_enabled()
    False
    >>> keras.config.enable_interactive_logging()
    """
    _settings["interactive_logging"] = False


def print_message(message: str, line_break: bool = True) -> None:
    """Print `message` to the terminal, or log it when interactive logging is off."""
    if not _settings["interactive_logging"]:
        import logging

        logging.getLogger("hornlet").info(message)
        return
    text = message + "\n" if line_break else message
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        # A terminal that lacks the bar's character gets "=", and nothing for what else it lacks.
        encoding = sys.stdout.encoding
        plain = text.replace("━", "=").encode(encoding, errors="ignore")
        sys.stdout.write(plain.decode(encoding))
    sys.stdout.flush()


def is_traceback_filtering_enabled() -> bool:
    """Tell the setting of traceback filtering; hornlet's tracebacks are short and never cut.

    >>> keras.config.is_traceback_filtering_enabled()
    True
    """
    return _settings["traceback_filtering"]


def enable_traceback_filtering() -> None:
    """Accept Keras's setting; hornlet's tracebacks are never cut.

    >>> keras.config.enable_traceback_filtering()
    """
    _settings["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Accept Keras's setting; hornlet's tracebacks are never cut.

    >>> keras.config.disable_traceback_filtering()
    >>> keras.config.enable_traceback_filtering()
    """
    _settings["traceback_filtering"] = False


def max_epochs() -> int | None:
    """Return the largest number of epochs any `fit` may run, None for no limit.

    >>> keras.config.max_epochs()
    """
    return _limit("max_epochs", "KERAS_MAX_EPOCHS")


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of every `fit`, for quick checks of long programs.

    >>> keras.config.set_max_epochs(None)
    """
    _settings["max_epochs"] = max_epochs


def max_steps_per_epoch() -> int | None:
    """Return the largest number of steps any epoch may run, None for no limit.

    >>> keras.config.max_steps_per_epoch()
    """
    return _limit("max_steps_per_epoch", "KERAS_MAX_STEPS_PER_EPOCH")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the steps of every epoch, for quick checks of long programs.

    >>> keras.config.set_max_steps_per_epoch(None)
    """
    _settings["max_steps_per_epoch"] = max_steps_per_epoch


def is_flash_attention_enabled() -> bool | None:
    """Return False after `disable_flash_attention`, else None: layers may choose.

    There is one way to compute attention here, so nothing depends on it.

    >>> keras.config.is_flash_attention_enabled()
    """
    return _settings["flash_attention"]


def enable_flash_attention() -> None:
    """Let `is_flash_attention_enabled` give None again.

    >>> keras.config.enable_flash_attention()
    """
    _settings["flash_attention"] = None


def disable_flash_attention() -> None:
    """Let `is_flash_attention_enabled` give False.

    >>> keras.config.disable_flash_attention()
    >>> keras.config.is_flash_attention_enabled()
    False
    >>> keras.config.enable_flash_attention()
    """
    _settings["flash_attention"] = False


def is_nnx_enabled() -> bool:
    """Return whether variables are those of Flax NNX: never, as that needs JAX.

    >>> keras.config.is_nnx_enabled()
    False
    """
    return False


def enable_unsafe_deserialization() -> None:
    """Refuse: nothing switches the checks of files off for a whole process.

    Raises: RuntimeError, always. `safe_mode=False` is an argument of the one call that needs it,
    such as `keras.saving.load_model`. No call reads functions from bytecode.

    >>> keras.config.enable_unsafe_deserialization()
    Traceback (most recent call last):
    ...
    RuntimeError: Files stay checked for the whole process. ...
    """
    raise RuntimeError(
        "Files stay checked for the whole process. Pass `safe_mode=False` to the call that needs "
        "it, such as `keras.saving.load_model(path, safe_mode=False)`, and functions of your own "
        "by `custom_objects`; functions kept as bytecode are never read."
    )


def _limit(name: str, variable: str) -> int | None:
    if _settings[name] is not None:
        return _settings[name]
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else None
