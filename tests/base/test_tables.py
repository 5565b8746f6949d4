"""Tables whose rows are functions."""

from hornlet.base.tables import rows_of


def test_a_function_enters_itself_under_all_its_names():
    table = {"kept": abs}
    row = rows_of(table)

    @row("one", "two")
    def function():
        return 3

    assert function() == 3
    assert table == {"kept": abs, "one": function, "two": function}
    assert row()(function) is function and len(table) == 3
