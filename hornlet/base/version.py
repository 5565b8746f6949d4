"""The version of Keras whose interface hornlet has."""

KERAS_VERSION = "3.15.1"


def version() -> str:
    """The version of Keras whose interface this is; hornlet's own is `hornlet.__version__`.

    >>> keras.version()
    '3.15.1'
    """
    return KERAS_VERSION
