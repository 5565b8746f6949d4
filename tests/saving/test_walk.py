"""The walk over what a model keeps: properties that cannot be read, and saving that goes on."""

import numpy as np
import pytest

import hornlet
from hornlet import layers
from hornlet.saving.walk import saveables


class Odd(hornlet.Model):
    """A model with a property that raises."""

    def __init__(self, error):
        super().__init__()
        self.head = layers.Dense(2)
        self.error = error

    @property
    def broken(self):
        raise self.error

    def call(self, x):
        return self.head(x)


@pytest.mark.parametrize("error", [AttributeError("none"), ValueError("not yet")])
def test_a_property_with_nothing_to_show_is_passed_over(error, recwarn):
    model = Odd(error)
    assert model.head in dict(saveables(model)).values() and not recwarn


def test_a_property_that_fails_is_told_and_the_rest_is_saved(tmp_path):
    model = Odd(ZeroDivisionError("odd"))
    x = np.ones((1, 3))
    expected = model(x)
    with pytest.warns(UserWarning, match="`broken`.*ZeroDivisionError.*AttributeError"):
        model.save_weights(tmp_path / "m.weights.h5")
    twin = Odd(ValueError())
    twin(x)
    twin.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(twin(x), expected)
