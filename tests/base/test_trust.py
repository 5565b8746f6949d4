"""What a config may hold while something of unknown origin is loaded, and only then."""

import pytest

from hornlet.base import trust
from hornlet.base.trust import ConfigError, Loading, check_config, check_shape


def nested(depth):
    value = 1
    for _ in range(depth):
        value = {"config": value}
    return value


TOO_MUCH = {
    "depth": nested(trust.DEEPEST + 1),
    "layers": {"layers": [None] * (trust.MOST_LAYERS + 1)},
    "calls": [{"inbound_nodes": [[]] * 5000}, {"inbound_nodes": [[]] * 5000}],
    "bits": {"units": 1 << 70},
    "size": {"padding": [[0, trust.LARGEST_SIZE + 1]]},
    "steps": {"output_size": 100_000},
    "name": {"name": "x" * (trust.LONGEST_NAME + 1)},
}


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_limits(kind):
    with pytest.raises(ConfigError, match="at most|nested more|64 are read"):
        check_config(TOO_MUCH[kind])


def test_what_is_usual_passes():
    check_config(nested(trust.DEEPEST - 1))
    check_config({"layers": [{"class_name": "Dense", "config": {"units": 7, "seed": 1 << 63}}]})


def test_fields_of_users_classes_mean_what_they_like():
    mine = {"class_name": "Mine", "module": "my.module", "config": {"n": 1 << 40}}
    check_config(mine)
    with pytest.raises(ConfigError, match="`n`"):
        check_config({**mine, "module": "keras.layers"})


def test_shapes_are_limited_while_loading_only():
    check_shape((None, 1 << 40))
    with Loading():
        check_shape((None, 1 << 20))
        with pytest.raises(ConfigError, match="elements"):
            check_shape((None, 1 << 40))
        with pytest.raises(ConfigError, match="axes"):
            check_shape((1,) * 33)
    check_shape((None, 1 << 40))


def test_runs_are_counted_for_each_load():
    trust.count_runs(trust.MOST_RUNS + 1)
    for _ in range(2):
        with Loading():
            trust.count_runs(trust.MOST_RUNS)
            with pytest.raises(ConfigError, match="calls of layers"):
                trust.count_runs(1)


def test_the_outermost_load_decides_about_other_files():
    assert not trust.is_loading() and not trust.reads_other_files()
    with Loading(safe_mode=False):
        assert trust.reads_other_files()
        with Loading(safe_mode=True):
            assert trust.reads_other_files()
    with Loading(), Loading(safe_mode=False):
        assert not trust.reads_other_files()
    assert not trust.is_loading()


def test_long_values_are_shortened_in_messages():
    assert len(trust.shown("x" * 10_000)) < 300 and len(trust.shown(list(range(500)))) < 300


def test_a_load_says_whether_it_is_safe():
    assert trust.in_safe_mode() is None
    for safe in (True, False):
        with Loading(safe):
            assert trust.in_safe_mode() is safe
    assert trust.in_safe_mode() is None


def test_assets_are_read_outside_of_the_question():
    """A part reads its own files by methods that a config may not call, nor one in them."""
    with Loading():
        with trust.handing_out_assets():
            assert trust.in_safe_mode() is None and trust.is_loading()
            with Loading(safe_mode=False):
                assert trust.in_safe_mode() is True
            assert trust.in_safe_mode() is None
        assert trust.in_safe_mode() is True
    with trust.handing_out_assets():
        assert trust.in_safe_mode() is None
