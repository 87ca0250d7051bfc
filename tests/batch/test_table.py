import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mhkd.batch.table import read_table
from mhkd.errors import InputError


def parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_keeps_cells_as_they_are(delimiter):
    lines = [("id", "text", "label"), ("007", '"two\nlines, ""quoted"""', "NA"), ("", "x", "1.0")]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode("utf-8-sig")
    table = read_table("a.csv", content)
    assert table.columns == {
        "id": ["007", ""],
        "text": ['two\nlines, "quoted"', "x"],
        "label": ["NA", "1.0"],
    }
    assert not table.faults


def test_a_row_with_other_cells_and_one_that_is_not_utf_8_stop_nothing():
    table = read_table("a.csv", b"id,text\n1,good\n2,a,b\n3,caf\xe9\n4,last\n")
    assert [(fault.row, fault.code) for fault in table.faults] == [(2, "columns")]
    assert table.columns["text"] == ["good", "", "caf\udce9", "last"]


def test_columns_of_one_name_are_told_apart():
    table = read_table("a.csv", b"text,text,,text (2)\na,b,c,d\n")
    assert list(table.columns) == ["text", "text (2)", "column 3", "text (2) (2)"]


def test_a_very_long_cell_is_read_whole():
    assert len(read_table("a.csv", b"text\n" + b"a" * 300_000).columns["text"][0]) == 300_000


def test_jsonl_rows_that_are_no_objects_are_told():
    deep = "[" * 100_000
    lines = ['{"text": "a", "n": 3}', "nonsense", "[1]", deep, '{"text": "\\ud800", "new": null}']
    table = read_table("a.jsonl", "\n".join(lines).encode())
    assert [fault.row for fault in table.faults] == [2, 3, 4]
    assert table.columns["text"] == ["a", "", "", "", "\ud800"]
    assert table.columns["n"] == ["3", "", "", "", ""]
    assert table.columns["new"] == [""] * 5


def test_parquet_of_mixed_types():
    table = pa.table({"text": ["a", None], "n": [1, 2], "tags": [["x"], []]})
    found = read_table("a.parquet", parquet(table)).columns
    assert found == {"text": ["a", ""], "n": ["1", "2"], "tags": ['["x"]', "[]"]}


def test_a_small_parquet_that_unpacks_to_much_is_refused_before_it_does():
    column = pa.array(["x" * 5_000_000] * 200).dictionary_encode()
    content = parquet(pa.table({"text": column}))
    assert len(content) < 10_000_000
    with pytest.raises(InputError, match="unpacks"):
        read_table("a.parquet", content)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"PK", "none of CSV"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"text\n", "no rows"),
        ("a.csv", "text\nä".encode("utf-16"), "UTF-8"),
        ("a.parquet", b"PAR1 nonsense PAR1", "Parquet"),
        ("a.jsonl", b"nonsense\n", "JSON object"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_cure(name, content, told):
    with pytest.raises(InputError, match=told) as refused:
        read_table(name, content)
    assert "nonsense" not in refused.value.public_message


def test_too_many_columns():
    line = json.dumps({f"c{n}": "x" for n in range(300)})
    with pytest.raises(InputError, match="columns"):
        read_table("a.jsonl", line.encode())
